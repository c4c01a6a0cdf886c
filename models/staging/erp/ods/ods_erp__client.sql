{{ lignes_courantes('snap_erp__client', 'cod_cli', moment_progress('dat_mod')) }}
