with recursive livraisons as (
    select
        *,
        coalesce(statut in ('landed', 'superseded', 'duplicate'), false) as compte,
        row_number() over (
            partition by _file_id, statut in ('landed', 'superseded', 'duplicate')
            order by livre_a desc, {{ par_octets('chemin') }} desc, vu_a desc
        ) as rang,
        max(suite_de) over (partition by _file_id) as suite_de_contenu,
        max(nb_lignes) over (partition by _file_id) as nb_lignes_contenu,
        max(remplace_a) over (partition by _file_id) as remplacement
    from {{ ref('stg_atelier__fichiers') }}
    where _file_id is not null
),

-- One row per content; what nobody delivers any more may still be the beginning of
-- what holds.
contenus as (
    select
        _file_id,
        nom_logique,
        livre_a,
        chemin,
        empreinte,
        suite_de_contenu as suite_de,
        nb_lignes_contenu as nb_lignes
    from livraisons
    where rang = 1 and compte
),

anciens as (
    select distinct
        _file_id,
        suite_de_contenu as suite_de,
        remplacement as remplace_a
    from livraisons
),

-- A content that has grown since is part of a longer one.
candidats as (
    select
        contenus._file_id,
        contenus.nom_logique,
        contenus.suite_de,
        row_number() over (
            partition by contenus.nom_logique
            order by
                contenus.nb_lignes desc,
                contenus.livre_a desc,
                {{ par_octets('contenus.chemin') }} desc,
                {{ par_octets('contenus.empreinte') }} desc
        ) as rang
    from contenus
    where not exists (
        select 1 from contenus as suites
        where suites.suite_de = contenus._file_id
    )
),

-- From the end of the chain that holds back to its beginning.
chaines as (
    select
        _file_id,
        nom_logique,
        suite_de
    from candidats
    where rang = 1
    union all
    select
        anciens._file_id,
        chaines.nom_logique,
        anciens.suite_de
    from chaines
    inner join anciens on chaines.suite_de = anciens._file_id
)

select
    chaines._file_id,
    chaines.nom_logique,
    anciens.remplace_a
from chaines
inner join anciens on chaines._file_id = anciens._file_id
