{#- A line as it is read: without the marks of NUL, carriage returns and the spaces around it. -#}
{% macro texte_du_journal(expression) -%}
    trim(translate({{ expression }}, '{{ "\u0009\u2400\u000d" }}', ' '))
{%- endmacro %}

{#- Whether a line begins as nearly all do; the others are taken apart with more care. -#}
{% macro est_bien_formee(ligne) -%}
    {{ ligne }} like '________ __:__:__|@%'
{%- endmacro %}

{#- What stands before `|@`, without what is not ASCII. -#}
{% macro horodatage_brut(ligne) -%}
    case
        when {{ est_bien_formee(ligne) }} then substr({{ ligne }}, 1, 17)
        else trim(regexp_replace({{ dbt.split_part(ligne, "'|@'", 1) }}, '[^ -~]+', '', 'g'))
    end
{%- endmacro %}

{#- What follows a mark; null without the mark. -#}
{% macro apres(marque, expression) -%}
    case
        when {{ dbt.position(marque, expression) }} > 0
            then substr({{ expression }}, {{ dbt.position(marque, expression) }} + length({{ marque }}))
    end
{%- endmacro %}

{#- The moment written YYYYMMDD HH:MM:SS, by the clock of the workshop; null for none. -#}
{% macro lire_horodatage(texte) -%}
    {%- set jour = "(substr(" ~ texte ~ ", 1, 4) || '-' || substr(" ~ texte ~ ", 5, 2)"
        ~ " || '-' || substr(" ~ texte ~ ", 7, 2))" -%}
    case
        when regexp_like(
            {{ texte }},
            '^(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9] ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$'
        )
            then case
                -- Every month has these days; others are looked up with more care.
                when substr({{ texte }}, 7, 2) between '01' and '28'
                    then cast({{ jour }} || substr({{ texte }}, 9) as {{ dbt.type_timestamp() }})
                when {{ lire_date(jour) }} is not null
                    then cast({{ jour }} || substr({{ texte }}, 9) as {{ dbt.type_timestamp() }})
            end
    end
{%- endmacro %}

{#- The production day of a moment: the day begins some minutes after midnight, 04:00 where nobody
    says. -#}
{% macro jour_de_production(horodatage, minutes) -%}
    cast({{ dbt.dateadd('minute', '-coalesce(' ~ minutes ~ ', 240)', horodatage) }} as date)
{%- endmacro %}

{#- A folder as folders are compared. -#}
{% macro dossier_compare(expression) -%}
    upper(trim({{ expression }}))
{%- endmacro %}

{#- Seconds that a wait lasted: `NN sec`, else the first number, with a comma or a point; null without
    a number, or with one above 11 days. `lignes` has type_evenement and details. -#}
{% macro duree_d_attente(lignes) -%}
    {%- set details = lignes ~ '.details' -%}
    {%- set nombre = "coalesce(" ~ motif_extrait(details, '([0-9]+(?:[.,][0-9]+)?) *[sS][eE][cC]')
        ~ ", " ~ motif_extrait(details, '([0-9]+(?:[.,][0-9]+)?)') ~ ")" -%}
    case
        when {{ lignes }}.type_evenement = 'MachineWait'
            and regexp_like({{ nombre }}, '^[0-9]{1,6}([.,][0-9]+)?$')
            then cast(replace({{ nombre }}, ',', '.') as numeric(9, 3))
    end
{%- endmacro %}

{#- What a JobProfiel says after one of its marks (a pattern with a group); null without it, and for
    other events. -#}
{% macro mot_du_profil(lignes, motif) -%}
    case
        when {{ lignes }}.type_evenement = 'JobProfiel'
            then {{ motif_extrait(lignes ~ '.details', '(?:^| )' ~ motif) }}
    end
{%- endmacro %}

{#- A number of at most six digits before its comma or point; null for anything else. -#}
{% macro lire_longueur(texte) -%}
    case
        when regexp_like({{ texte }}, '^[0-9]{1,6}([.,][0-9]+)?$')
            then cast(replace({{ texte }}, ',', '.') as numeric(8, 2))
    end
{%- endmacro %}

{#- What the first group of a pattern holds; null where nothing matches. -#}
{% macro motif_extrait(expression, motif) -%}
    {{ return(adapter.dispatch('motif_extrait', 'entrepot')(expression, motif)) }}
{%- endmacro %}

{% macro default__motif_extrait(expression, motif) -%}
    nullif(regexp_extract({{ expression }}, '{{ motif }}', 1), '')
{%- endmacro %}

{% macro postgres__motif_extrait(expression, motif) -%}
    substring({{ expression }} from '{{ motif }}')
{%- endmacro %}
