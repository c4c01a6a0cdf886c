{{ lignes_courantes('snap_erp__produit', 'cod_pro', moment_progress('dat_mod')) }}
