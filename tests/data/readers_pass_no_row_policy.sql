-- Readers see rows through row policies alone (docs/readers.md). Named first: what they
-- read, so that it is built before this test.
{% if 'fluxvision' in var('sources') %}
    {%- do [ref('int_fluxvision__attentes'), ref('int_fluxvision__fichiers')] %}
{% endif %}
{% if 'sigeti' in var('sources') %}
    {%- do [ref('mart_occupation_zones'), ref('mart_performance_financiere')] %}
{% endif %}
{{ passages_sans_politique() }}
