{{ rejets_erp('lignecli') }}
