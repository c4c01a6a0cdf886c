"""What was landed and built against what it was made from: after each run, and when asked.

after_run.py   `entrepot run`: the counts of what the run landed
checking.py    `entrepot validate`: source, raw and facts, down to the key
"""
