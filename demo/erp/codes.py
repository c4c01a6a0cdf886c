"""The code lists of the ERP, and the table where their labels are (tabgco)."""

from __future__ import annotations

from demo.erp.columns import Column, Table, text
from demo.erp.size import Making


def _listed(codes: str) -> tuple[str, ...]:
    """Codes that are written with spaces between them."""
    return tuple(codes.split())


# 119 countries; the suppliers are in 78 of them.
COUNTRIES = _listed(
    "FR DE IT ES BE NL GB CH AT PT PL CZ SE DK FI NO IE LU HU RO BG GR TR SK SI HR EE LV LT MT CY "
    "US CA MX BR AR CL CO PE UY CN JP KR TW IN TH VN MY SG ID PH HK AU NZ ZA MA TN DZ EG SN CI CM "
    "GA CD CG BJ TG ML BF NE GN MR MG MU RE GP MQ GF YT NC PF KE TZ UG GH NG ET AO MZ ZM ZW IL AE "
    "SA QA KW OM JO LB IQ IR RU UA BY MD GE AM AZ KZ UZ PK BD LK NP MM KH LA MN IS"
)
SUPPLIER_COUNTRIES = COUNTRIES[:78]
CUSTOMER_KINDS = _listed("CLI PRO INT GRP COL ADM EXP WEB SAV COM DIV")
PRODUCT_KINDS = _listed("AR ARC FO PR MO TX FR CO KI EM SV GA DI")
CUSTOMER_FAMILIES = tuple(f"C{number:03d}" for number in range(100))
PRODUCT_FAMILIES = tuple(f"P{number:02d}" for number in range(1, 31))
SUPPLIER_FAMILIES = ("FAB", "GRO", "IMP", "PRE", "INT")
SUB_FAMILIES = tuple(f"S{number:02d}" for number in range(1, 32))
BRANDS = _listed(
    "BOSCH VALEO SACHS KNORR WABCO HALDEX JOST SAF BPW MANN HENGST FEBI DT LEMFORDER ZF TRW MAHLE "
    "CONTI GATES SKF TIMKEN FTE TEXTAR JURID MEYLE"
)
# Those that are listed more often are drawn more often.
GROUPS = _listed("BU TR BU TR BU VL AG OU")
QUALITIES = _listed("OE OEM PMQ PMV V")
SALESMEN = tuple(f"R{number:02d}" for number in range(1, 41))
BUYERS = tuple(f"A{number:02d}" for number in range(1, 13))
CURRENCIES = _listed("EUR EUR EUR EUR EUR EUR USD GBP CHF PLN CZK SEK DKK NOK HUF RON TRY")
DEPOTS = 85
USERS = tuple(
    f"{name}{number}" for number in ("", 2, 3, 4, 5, 6)
    for name in ("adurand", "bmoreau", "cpetit", "drobert", "efabre", "fblanc", "gnoel", "hleroy",
                 "imarty", "jbonal", "kviala")
)  # fmt: skip

_FAMILY_LABELS = ("Freinage", "Suspension", "Éclairage", "Filtration", "Embrayage", "Carrosserie",
                  "Électricité", "Remorque", "Pneumatique", "Outillage")  # fmt: skip


def _known() -> list[tuple[str, str, str]]:
    """The codes that other tables hold, and others that are always there."""
    words = _FAMILY_LABELS
    return [
        *(
            ("FA", code, f"{words[i % 10]} {i // 10 + 1}")
            for i, code in enumerate(PRODUCT_FAMILIES)
        ),
        *(("FA", code, f"Clientèle {code[1:]}") for code in CUSTOMER_FAMILIES),
        *(("FA", code, f"Fournisseurs {code}") for code in SUPPLIER_FAMILIES),
        *(("SF", code, f"{words[i % 10]} - détail {i + 1}") for i, code in enumerate(SUB_FAMILIES)),
        *(("DS", str(i), f"Dépôt {i:02d}") for i in range(1, DEPOTS + 1)),
        *(("MQ", code, code.title()) for code in BRANDS),
        *(("RP", code, f"Représentant {code[1:]}") for code in SALESMEN),
        *(("AC", code, f"Acheteur {code[1:]}") for code in BUYERS),
        *(("GR", code, f"Groupe {code}") for code in sorted(set(GROUPS))),
        *(("QA", code, f"Qualité {code}") for code in QUALITIES),
        *(("DV", code, f"Devise {code}") for code in sorted(set(CURRENCIES))),
        *(("PA", code, f"Pays {code}") for code in COUNTRIES),
    ]


def tabgco(making: Making) -> Table:
    """The generic code table; what other tables refer to is there at any scale."""
    known = _known()
    draw = making.draw("tabgco")
    values = ", ".join(
        f"({place}, {text(kind)}, {text(code)}, {text(label)})"
        for place, (kind, code, label) in enumerate(known, start=1)
    )
    label = "coalesce(known.label, 'Commune ' || k)"
    columns = (
        Column("type_tab", "varchar(4)", "Type de table", "coalesce(known.kind, 'CP')",
               needed=True),
        Column("n_tab", "varchar(10)", "Code",
               "coalesce(known.code, (10000 + k * 7)::text)", needed=True),
        Column("inti_tab", "varchar(60)", "Intitulé", draw.padded("inti_tab", label, 60)),
        Column("inti_abr", "varchar(15)", "Intitulé abrégé", f"left({label}, 15)"),
        Column("inti-2", "varchar(60)", "Intitulé 2"),
        Column("val_num", "numeric(12,4)", "Valeur numérique", f"{draw('val_num', 900)} * 0.01"),
        Column("val_log", "boolean", "Valeur logique", "false", constant=True),
        Column("cod_cpt", "varchar(10)", "Compte comptable", f"'6' || {draw('cod_cpt', 9999)}"),
        Column("rang", "integer", "Rang", draw("rang", 90)),
        Column("MScod_soc", "integer", "Société", "1", constant=True),
        Column("zal2_1", "varchar(20)", "Zone alphanumérique 1", "''", constant=True),
        Column("dat_crt", "date", "Date de création", making.created(draw)),
    )  # fmt: skip
    return Table(
        "tabgco",
        columns,
        steps=f"left join (values {values}) as known (place, kind, code, label) on k = place",
        indexes=(("type_tab, n_tab", True),),
    )


def fewest_codes() -> int:
    """The codes that are there at any scale."""
    return len(_known())
