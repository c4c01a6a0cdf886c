"""Makes the source systems that the warehouse reads, quirks included.

Nothing here knows the warehouse: the demo only writes what a real source would deliver.
"""
