{#- The one way to compare labels: no case, accents, apostrophes, hyphens, double or no-break spaces.
    Null for a label that has nothing left. A character that an encoding lost (U+FFFD) reads as `?`,
    quotes vanish, and `;` reads as a comma: exports write it inside names.
    Most labels are plain, most others ASCII: only the rest pays for the whole rewriting. -#}
{% macro libelle_normalise(expression) -%}
    {{ return(adapter.dispatch('libelle_normalise', 'entrepot')(expression)) }}
{%- endmacro %}

{% macro default__libelle_normalise(expression) -%}
    {%- set plain = "'^[A-Za-z0-9_.,()?]+( [A-Za-z0-9_.,()?]+)*$'" -%}
    {%- set spaces = "''`-<>" ~ '\u0009\u000a\u000d' -%}
    case
        when regexp_like({{ expression }}, {{ plain }}) then upper({{ expression }})
        when regexp_like({{ expression }}, '^[\t\n\r -~]*$') then {{ un_seul_espace(
            "upper(translate(" ~ expression ~ ", '" ~ spaces ~ ";\"', '        ,'))"
        ) }}
        else {{ un_seul_espace(sans_accent(expression)) }}
    end
{%- endmacro %}

{#- Letters to ASCII capitals. What an apostrophe, a hyphen or a space may come as is a space, one
    that was read in the wrong encoding (U+0092) included; combining accents and quotes vanish.
    `upper` is left with ASCII only: it knows no accent under LC_ALL=C. -#}
{% macro sans_accent(expression) -%}
    {{ return(adapter.dispatch('sans_accent', 'entrepot')(expression)) }}
{%- endmacro %}

{% macro default__sans_accent(expression) -%}
    {%- set accents = {
        'A': 'àâäáãåÀÂÄÁÃÅ', 'C': 'çÇ', 'E': 'éèêëÉÈÊË', 'I': 'íìîïÍÌÎÏ', 'N': 'ñÑ',
        'O': 'óòôöõøÓÒÔÖÕØ', 'U': 'úùûüÚÙÛÜ', 'Y': 'ýÿÝŸ',
    } -%}
    {%- set letters = accents.values() | join -%}
    {%- set bases = [] -%}
    {%- for base, variants in accents.items() -%}
        {%- do bases.append(base * (variants | length)) -%}
    {%- endfor -%}
    {{ signes_reduits(ligatures_ecrites(expression), letters, bases | join) }}
{%- endmacro %}

{#- Taking accents apart (NFKD) costs a fourth of looking each letter up in the list above. -#}
{% macro postgres__sans_accent(expression) -%}
    {{ signes_reduits('normalize(' ~ ligatures_ecrites(expression) ~ ', NFKD)') }}
{%- endmacro %}

{% macro ligatures_ecrites(expression) -%}
    replace(replace(replace(replace({{ expression }},
        '{{ "\u0153" }}', 'OE'), '{{ "\u0152" }}', 'OE'),
        '{{ "\u00e6" }}', 'AE'), '{{ "\u00c6" }}', 'AE')
{%- endmacro %}

{% macro signes_reduits(expression, letters='', bases='') -%}
    {%- set spaces = (
        "''" ~ '\u2019\u2018\u02bc\u2032\u00b4\u0060\u0092'
        ~ '-\u2010\u2011\u2012\u2013\u2014\u2212'
        ~ '\u00a0\u202f\u2007\u2009\u3000\u0009\u000a\u000d' ~ '<>'
    ) -%}
    {%- set gone = (
        '"\u201c\u201d\u00ab\u00bb\ufeff\u200b'
        ~ '\u0300\u0301\u0302\u0303\u0308\u030a\u030c\u0327'
    ) -%}
    {%- set blanks = ' ' * (spaces | replace("''", "'") | length) -%}
    upper(translate(
        {{ expression }},
        '{{ letters }}{{ spaces }}{{ "\ufffd" }};{{ gone }}',
        '{{ bases }}{{ blanks }}?,'
    ))
{%- endmacro %}

{#- Runs of spaces become one, those at the ends none; null when nothing is left. The argument must
    hold no `<` and no `>`. -#}
{% macro un_seul_espace(expression) -%}
    nullif(trim(replace(replace(replace({{ expression }}, ' ', '<>'), '><', ''), '<>', ' ')), '')
{%- endmacro %}

{#- The name of a commune as it is compared: ST and STE as whole words stand for SAINT and SAINTE.
    The argument is a normalised label. -#}
{% macro nom_de_commune(libelle) -%}
    trim(replace(replace(replace(
        ' ' || replace({{ libelle }}, ' ', '  ') || ' ', ' ST ', ' SAINT '
    ), ' STE ', ' SAINTE '), '  ', ' '))
{%- endmacro %}
