"""Shapes of many areas in one file, as GeoJSON (RFC 7946), and what a check finds of them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Discriminator, FailFast, Field, Tag

from app.domain.kinds import AreaKind, CoordinateSystem
from app.domain.maps import features
from app.domain.maps.findings import FindingKind, Level
from app.domain.maps.matching import By
from app.domain.maps.report import Change
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Out
from app.schemas.places import GeoJson, MultiPolygonOut, PolygonOut, Position

BODY_BYTES_MAX = 8 << 20
FEATURES_MAX = 2_000
POINTS_MAX = 250_000
"""Of a whole file: 500 points for each of 500 grids."""
LISTS_MAX = POINTS_MAX + 10 * FEATURES_MAX
"""Each point is a list, and so are rings and polygons."""

Ring = Annotated[list[Position], FailFast()]


class DrawnPolygonIn(GeoJson):
    """One piece of land, as somebody drew it: what is wrong with its rings is told with its name."""

    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], FailFast()]

    def polygons(self) -> list[list[list[list[float]]]]:
        """Return its one polygon, or none."""
        return [self.coordinates] if self.coordinates else []


class DrawnMultiPolygonIn(GeoJson):
    """Several pieces of land."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Annotated[list[Ring], FailFast()]], FailFast()]

    def polygons(self) -> list[list[list[list[float]]]]:
        """Return its polygons."""
        return self.coordinates


class NoLandIn(GeoJson):
    """What has no surface, or may have several kinds of parts: no area lies so."""

    type: Literal["Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection"]

    def polygons(self) -> None:
        """Return None."""
        return


class DrawnFeatureIn(GeoJson):
    """A shape with what the file says of it: its area by `area_id`, by official code, or by name."""

    type: Literal["Feature"]
    geometry: Annotated[DrawnPolygonIn | DrawnMultiPolygonIn | NoLandIn, Field(discriminator="type")] | None = None
    properties: dict[str, Any] | None = None


def let_others_in(feature: DrawnFeatureIn) -> DrawnFeatureIn:
    """Do nothing, in Python: between two features the other threads have their turn."""
    return feature


DrawnFeatures = Annotated[
    list[Annotated[DrawnFeatureIn, AfterValidator(let_others_in)]], Field(min_length=1, max_length=FEATURES_MAX)
]


class DrawnCollectionIn(GeoJson):
    """A file of shapes as most tools save it."""

    type: Literal["FeatureCollection"]
    features: DrawnFeatures


def form_of(shapes: object) -> str:
    """Return in which of its two forms a file is."""
    return "features" if isinstance(shapes, list) else "collection"


class ShapesCheckIn(In):
    """A FeatureCollection, or a bare list of Features, and the system that its coordinates are meant by."""

    coordinates: CoordinateSystem
    shapes: Annotated[
        Annotated[DrawnCollectionIn, Tag("collection")] | Annotated[DrawnFeatures, Tag("features")],
        Discriminator(form_of),
    ]

    def features(self) -> list[features.Feature]:
        """Return the features, numbered from 1."""
        listed = self.shapes if isinstance(self.shapes, list) else self.shapes.features
        return [
            features.Feature(
                number,
                feature.properties or {},
                feature.geometry.type if feature.geometry else None,
                feature.geometry.polygons() if feature.geometry else None,
            )
            for number, feature in enumerate(listed, start=1)
        ]


class ShapesIn(ShapesCheckIn):
    """A file that is to be saved; ``accept_warnings`` says that its warnings were read."""

    accept_warnings: Annotated[bool, Field(strict=True)] = False


class PlaceOut(Out):
    """A place in GCJ-02."""

    longitude: float
    latitude: float


class FindingOut(Out):
    """One thing that a check found: ``text`` says it all, the rest is for a map."""

    level: Level
    kind: FindingKind
    text: str
    features: list[int]
    """By their place in the file, from 1."""
    areas: list[AreaRef]
    place: PlaceOut | None
    square_metres: int | None


class AssignmentOut(Out):
    """Which area a feature is the shape of, and what saving it would change."""

    feature: int
    title: str | None
    area: AreaRef
    path: str
    by: By
    change: Change


class ShapesReportOut(Out):
    """What would come of saving a file; of each kind of findings the first are listed."""

    area_id: UUID
    coordinates: CoordinateSystem
    feature_count: int
    error_count: int
    warning_count: int
    assignments: list[AssignmentOut]
    findings: list[FindingOut]
    actions: list[str]


class ShapesSavedOut(ShapesReportOut):
    """What was saved, and what was accepted with it."""

    saved_count: int


class AreaShapeProperties(Out):
    """What an area is, beside its shape; a file with them can be read in again."""

    area_id: UUID
    parent_id: UUID | None
    kind: AreaKind
    name: str
    code: str | None


class AreaFeatureOut(Out):
    """An area and where it lies."""

    type: Literal["Feature"]
    id: UUID
    properties: AreaShapeProperties
    geometry: PolygonOut | MultiPolygonOut


class ShapesOut(Out):
    """The shapes of an area and all below it; ``coordinate_system`` says how they are written."""

    type: Literal["FeatureCollection"]
    coordinate_system: CoordinateSystem
    features: list[AreaFeatureOut]
