"""What goes wrong in a living source, put in with `--faults`; the plain demo has none of it.

Two tables lose their primary key for it, and two marks may be null from then on. Days that pass
later go on as before; a row that they happen to change shows a proper mark again.
"""

from __future__ import annotations

from datetime import timedelta

from demo.database import Fault
from demo.sigeti.world import BASE_DATE

FUTURE = BASE_DATE + timedelta(days=20 * 365)


# The rows but for those without a mark show a fresh one, so that whoever follows marks meets them.
FAULTS = (
    Fault(
        "null mark",
        "factures",
        """
        alter table public.factures alter column updated_at drop not null;
        update public.factures set updated_at = null
        where id = (select max(id) from public.factures where statut = 'Remboursée')
        """,
    ),
    Fault(
        "null mark",
        "entreprises",
        """
        alter table public.entreprises alter column date_modification drop not null;
        update public.entreprises set date_modification = null where id = 3
        """,
    ),
    Fault(
        "mark in the future",
        "demandes_attribution",
        f"""
        update public.demandes_attribution set updated_at = '{FUTURE.isoformat()}'
        where id = (select min(id) from public.demandes_attribution where statut = 'REJETE')
        """,
    ),
    Fault(
        "duplicate key",
        "paiement_factures",
        """
        alter table public.paiement_factures drop constraint if exists paiement_factures_pkey;
        insert into public.paiement_factures
        select
            id, facture_id, montant + 1, date_paiement, mode_paiement, statut,
            reference_paiement, created_at, updated_at
        from public.paiement_factures
        where id = (select max(id) from public.paiement_factures)
        """,
    ),
    Fault(
        "null key",
        "detail_factures",
        """
        alter table public.detail_factures drop constraint if exists detail_factures_pkey;
        alter table public.detail_factures alter column id drop not null;
        insert into public.detail_factures
        select
            null, facture_id, description, quantite, prix_unitaire, montant, montant_ligne,
            created_at, (select max(updated_at) from public.detail_factures)
        from public.detail_factures
        where id = (select min(id) from public.detail_factures)
        """,
    ),
    Fault(
        "unreadable text",
        "entreprises",
        """
        update public.entreprises set
            raison_sociale = 'Soci\ufffdt\ufffd du Sud',
            date_modification = (select max(date_modification) from public.entreprises)
        where id = 5
        """,
    ),
    Fault(
        "unreadable text",
        "lots",
        """
        update public.lots set
            description = 'Terrain am├ónag├ \ufffd',
            updated_at = (select max(updated_at) from public.lots)
        where id = 7
        """,
    ),
)
