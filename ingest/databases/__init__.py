"""The road of source tables: from a database, as streaming Arrow batches, to its raw image.

    URL's scheme -> reader -> batches -> row hash -> staging (dlt) -> one transaction: image merged,
    rejects, marks, columns, run log

A raw table of a database is the current image of its source table: its key is unique and never
null, and a row whose content did not change is not touched.
"""
