{#- Text that went through a wrong encoding on its way: UTF-8 read as Windows-1252 or Latin-1 (`PayÃ©e`),
    or as a console's code page 850 or 437 (`Pay├®e`, `Pay├⌐e`). The characters that the bytes of one
    letter became are put back together; all others, right accents included, stay as they are. -#}
{% macro texte_repare(expression) -%}
    {{ return(adapter.dispatch('texte_repare', 'entrepot')(expression)) }}
{%- endmacro %}

{#- A letter of two bytes (C2, C3, C5 and another) or a mark of three (E2, then 80 or 82, and another)
    becomes the Latin-1 characters of its bytes, which are read as UTF-8 at last. The patterns let
    nothing pass that is not UTF-8, so no conversion can fail. -#}
{% macro postgres__texte_repare(expression) -%}
    {%- set pages = pages_de_code() -%}
    {%- set motif = (
        '[\u00c2\u00c3\u00c5][' ~ pages.windows ~ '\u0080-\u00bf]|[┬├┼][' ~ pages.console ~ ']'
        ~ '|\u00e2[€‚\u0080\u0082][' ~ pages.windows ~ '\u0080-\u00bf]|[ÔΓ][Çé][' ~ pages.console ~ ']|.'
    ) -%}
    case
        when regexp_like({{ expression }}, '[\u00c2\u00c3\u00c5\u00e2ÔΓ┬├┼]') then (
            select string_agg(
                case
                    when length(morceau[1]) = 1 then morceau[1]
                    when regexp_like(morceau[1], '^[ÔΓ┬├┼]')
                        then convert_from(convert_to(translate(
                            morceau[1],
                            'ÔΓ┬├┼{{ pages.console }}',
                            'ââÂÃÅ{{ pages.octets_console }}'
                        ), 'LATIN1'), 'UTF8')
                    else convert_from(convert_to(translate(
                        morceau[1], '{{ pages.windows }}', '{{ pages.octets_windows }}'
                    ), 'LATIN1'), 'UTF8')
                end, '' order by rang
            )
            from regexp_matches({{ expression }}, '{{ motif }}', 'g')
                with ordinality as morceaux (morceau, rang)
        )
        else {{ expression }}
    end
{%- endmacro %}

{#- Which character stands for which byte (80 to BF), as the Latin-1 character of that byte. Where code
    pages 850 and 437 disagree on one, it is the one that makes a letter of French. -#}
{% macro pages_de_code() -%}
    {%- set windows, octets_windows, console, octets_console = [], [], [], [] -%}
    {%- for octet in range(128, 192) -%}
        {%- set page = ('%c' | format(octet)).encode('iso-8859-1') -%}
        {%- set lu = page.decode('cp1252', 'ignore') -%}
        {%- if lu and lu != '%c' | format(octet) -%}
            {%- do windows.append(lu) -%}
            {%- do octets_windows.append('%c' | format(octet)) -%}
        {%- endif -%}
        {%- for nom in ['cp437', 'cp850'] if page.decode(nom) not in console -%}
            {%- do console.append(page.decode(nom)) -%}
            {%- do octets_console.append('%c' | format(octet)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return({
        'windows': windows | join, 'octets_windows': octets_windows | join,
        'console': console | join, 'octets_console': octets_console | join,
    }) }}
{%- endmacro %}

{#- Whether a repaired text still holds what no repair knows: the replacement character, frames of a
    console, a stray first byte before a sign. French has no word with any of them. -#}
{% macro est_illisible(expression) -%}
    coalesce(
        regexp_like(
            {{ texte_repare(expression) }},
            '[\ufffd\u2500-\u257f\u0080-\u009f]|Ã([^A-Z]|$)|Â[\u00a0-\u00bf]'
        ),
        false
    )
{%- endmacro %}

{#- A text as it is shown: repaired, without spaces at the ends or doubled ones; null when empty. -#}
{% macro texte_lu(expression) -%}
    nullif(trim(regexp_replace({{ texte_repare(expression) }}, '[\s\u00a0]+', ' ', 'g')), '')
{%- endmacro %}

{#- An enumerated value as a code: capitals, no accents, `_` for anything else (`Payée` -> PAYEE). A
    letter that an encoding lost stays as `?`. -#}
{% macro code_lu(expression) -%}
    nullif(trim(both '_' from regexp_replace(
        case
            when regexp_like({{ expression }}, '^[ -~]*$') then upper({{ expression }})
            else {{ sans_accent(texte_repare(expression)) }}
        end, '[^A-Z0-9?]+', '_', 'g'
    )), '')
{%- endmacro %}
