{{ rejets_erp('client') }}
