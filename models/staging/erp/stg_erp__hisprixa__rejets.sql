{{ rejets_erp('hisprixa') }}
