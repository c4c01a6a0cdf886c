{{ lignes_courantes('snap_erp__fournis', 'cod_fou', moment_progress('dat_mod')) }}
