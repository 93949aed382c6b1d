"""Monthly lists of tasks (任务需求清单): drafted, published as a whole, read by everybody, copied into the next month.

Locks in one order: area, list, tasks by id.
"""
