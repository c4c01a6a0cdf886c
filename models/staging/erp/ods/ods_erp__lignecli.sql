{{ lignes_courantes(
    'snap_erp__lignecli', 'uniq_id', moment_progress('dat_mod', 'hr_mod')
) }}
