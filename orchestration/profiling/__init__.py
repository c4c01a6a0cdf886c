"""What the columns of a table hold: counted in one stream, kept, and compared with last time.

relations.find -> reading (an Arrow stream) -> tally (per column) -> changes -> kept -> telling
"""

from orchestration.profiling.work import run_profile

__all__ = ["run_profile"]
