{{ avec_cle_prix('hisprixa') }}
