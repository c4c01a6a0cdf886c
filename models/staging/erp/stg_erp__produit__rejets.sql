{{ rejets_erp('produit') }}
