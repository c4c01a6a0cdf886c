"""Personal data after it has landed: rows past their retention, persons to be forgotten.

retention -> purge -> raw, ods, rejects, ledger        what was purged does not land again
subject   -> erase -> raw, ods, rejects, what is built  who was erased does not land again
"""
