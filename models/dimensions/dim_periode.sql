with jours as (
    select * from {{ ref('stg_reference__jours') }}
),

types as (
    select * from {{ ref('periodes_types') }}
),

corrections as (
    select * from {{ ref('periodes') }}
),

saisons as (
    select * from {{ ref('dim_saison') }}
    where code_saison != 'INCONNU'
),

annees as (
    select
        annee,
        min(case when jours_depuis_paques = 0 then date_jour end) as dimanche_paques
    from jours
    group by annee
),

-- The three zones together: visitors come from all of them. January of a holiday that
-- starts in December belongs to the year before.
vacances as (
    select
        types.code_periode,
        jours.annee - case when jours.mois = 1 then types.annees_de_plus else 0 end
            as annee,
        min(jours.date_jour) as date_debut,
        max(jours.date_jour) as date_fin
    from jours
    inner join types on jours.nom_vacances = types.nom_vacances
    group by
        types.code_periode,
        jours.annee - case when jours.mois = 1 then types.annees_de_plus else 0 end
),

fenetres as (
    select
        types.code_periode,
        annees.annee,
        types.nom_periode,
        types.famille,
        types.priorite,
        coalesce(
            corrections.date_debut,
            vacances.date_debut,
            cast(
                {{ dbt.dateadd('day', 'types.debut_paques', 'annees.dimanche_paques') }}
                as date
            ),
            {{ jour_de_l_annee('annees.annee', 'types.debut_defaut') }}
        ) as date_debut,
        coalesce(
            corrections.date_fin,
            vacances.date_fin,
            cast(
                {{ dbt.dateadd('day', 'types.fin_paques', 'annees.dimanche_paques') }}
                as date
            ),
            {{ jour_de_l_annee(
                'annees.annee + types.annees_de_plus', 'types.fin_defaut'
            ) }}
        ) as date_fin,
        case
            when corrections.code_periode is not null then 'correction'
            when vacances.code_periode is not null then 'calendrier scolaire'
            when types.debut_paques is not null then 'paques'
            else 'defaut'
        end as origine
    from annees
    cross join types
    left join corrections
        on
            annees.annee = corrections.annee
            and types.code_periode = corrections.code_periode
    left join vacances
        on
            annees.annee = vacances.annee
            and types.code_periode = vacances.code_periode
),

-- Both ends included. A tie goes to the season that starts first.
recouvrements as (
    select
        fenetres.code_periode,
        fenetres.annee,
        saisons.code_saison,
        row_number() over (
            partition by fenetres.code_periode, fenetres.annee
            order by
                {{ dbt.datediff(
                    'greatest(fenetres.date_debut, saisons.date_debut)',
                    'least(fenetres.date_fin, saisons.date_fin)',
                    'day'
                ) }} desc,
                saisons.date_debut asc
        ) as rang
    from fenetres
    inner join saisons
        on
            fenetres.date_debut <= saisons.date_fin
            and fenetres.date_fin >= saisons.date_debut
            and saisons.annee between fenetres.annee - 1 and fenetres.annee + 1
),

periodes as (
    select
        fenetres.code_periode,
        fenetres.annee,
        fenetres.nom_periode,
        fenetres.famille,
        fenetres.priorite,
        fenetres.date_debut,
        fenetres.date_fin,
        {{ dbt.datediff('fenetres.date_debut', 'fenetres.date_fin', 'day') }}
        + 1 as nb_jours,
        fenetres.origine,
        coalesce(recouvrements.code_saison, 'INCONNU') as code_saison
    from fenetres
    left join recouvrements
        on
            fenetres.code_periode = recouvrements.code_periode
            and fenetres.annee = recouvrements.annee
            and recouvrements.rang = 1
)

select * from periodes
union all
select
    'INCONNU' as code_periode,
    cast(0 as smallint) as annee,
    'Inconnu' as nom_periode,
    'inconnu' as famille,
    cast(9 as smallint) as priorite,
    cast(null as date) as date_debut,
    cast(null as date) as date_fin,
    cast(null as integer) as nb_jours,
    'inconnu' as origine,
    'INCONNU' as code_saison
