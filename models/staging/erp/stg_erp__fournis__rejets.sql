{{ rejets_erp('fournis') }}
