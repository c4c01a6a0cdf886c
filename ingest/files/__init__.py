"""Delivered files: places -> archives -> naming -> readers -> record batches of text.

with throwaway(base) as scratch, open_place(url, options) as place:
    for entry in place.list():
        with place.open(entry, scratch) as local:
            with Container(local.path, entry.path, scratch, limits) as container:
                for member in container.members():
                    named = naming.judge(member.path)
                    content = member.extract()
                    file = TableFile(content.path, layout, name=member.name, ...)
                    for batch in file.batches(): ...
            if local.has_changed(): ...  # growing: pending, nothing of it lands
"""
