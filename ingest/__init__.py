"""Landing: everything that arrives is written to the raw schemas, row for row."""
