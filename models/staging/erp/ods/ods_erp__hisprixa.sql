{{ lignes_courantes(
    'snap_erp__hisprixa', 'cle_prix', moment_progress('dat_mod', 'hr_mod')
) }}
