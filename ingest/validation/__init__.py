"""Source against warehouse: what was landed is read again at both ends and compared.

tables.py   a table of a database: source and raw image, by period, down to the key
files.py    delivered files: ledger, raw rows and rejects; with `deep`, their content
"""
