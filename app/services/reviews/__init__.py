"""Reviews: what people of staff and alliance have to read, in one queue; ``queue`` lists it, ``deciding`` decides."""
