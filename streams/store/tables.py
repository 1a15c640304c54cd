"""The tables of one space as they are now; `migrations/` is how they came to be, and a test holds the two together.

PostgreSQL schema = space. Everything but `idempotency` derives from the topics and comes out the same when it is projected again.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

metadata = MetaData()

_time = DateTime(timezone=True)
_texts = ARRAY(Text)


def _required(name: str, type_: object) -> Column[object]:
    return Column(name, type_, nullable=False)  # type: ignore[arg-type]


# One row a report: what is filtered, counted and searched. It stays narrow, for counting reads many; documents are in `revisions`.
reports = Table(
    "reports", metadata,
    _required("report_uuid", Uuid),
    _required("version", BigInteger),
    _required("kind", Text),
    _required("originator", Text),
    _required("report_id", Text),
    _required("revision", Integer),
    _required("withdrawn", Boolean),
    _required("tlp", Text),
    _required("recipients", _texts),
    _required("countries", _texts),
    _required("held", Boolean),
    Column("embargo_until", _time),
    Column("hold", JSON),
    Column("guarded_for", _texts),
    _required("received", _time),
    _required("occurred_start", _time),
    _required("occurred_end", _time),
    Column("country", Text),
    Column("lat", Double),
    Column("lon", Double),
    _required("substances", _texts),
    _required("search_text", Text),
    PrimaryKeyConstraint("report_uuid", name="reports_pkey"),
)  # fmt: skip
Index("reports_newest", reports.c.occurred_start.desc(), reports.c.report_uuid.desc(), reports.c.occurred_end)
Index("reports_of_agency", reports.c.originator, reports.c.occurred_start.desc(), reports.c.report_uuid.desc())
Index("reports_in_country", reports.c.country, reports.c.occurred_start.desc(), reports.c.report_uuid.desc())
Index("reports_of_kind", reports.c.kind, reports.c.occurred_start.desc(), reports.c.report_uuid.desc())
Index("reports_received", reports.c.received)
Index("reports_at", reports.c.lat, reports.c.lon, postgresql_where=text("lat IS NOT NULL"))
Index("reports_held", reports.c.report_uuid, postgresql_where=text("held OR embargo_until IS NOT NULL"))
Index("reports_substances", reports.c.substances, postgresql_using="gin")
Index("reports_reach", text("(recipients || countries || ARRAY[originator, tlp])"), postgresql_using="gin", _table=reports)
Index("reports_search_text", reports.c.search_text, postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"})

revisions = Table(
    "revisions", metadata,
    _required("report_uuid", Uuid),
    _required("revision", Integer),
    _required("version", BigInteger),
    _required("disposition", Text),
    _required("received", _time),
    _required("receipt", Uuid),
    _required("digest", Text),
    _required("sender", JSON),
    _required("summary", JSON),
    _required("report", JSON),
    Column("enrichment", JSON),
    PrimaryKeyConstraint("report_uuid", "revision", name="revisions_pkey"),
)  # fmt: skip
Index("revisions_receipt", revisions.c.receipt)

report_substances = Table(
    "report_substances", metadata,
    _required("report_uuid", Uuid),
    _required("version", BigInteger),
    _required("slug", Text),
    _required("name", Text),
    _required("group_name", Text),
    Column("kg", Numeric),
    PrimaryKeyConstraint("report_uuid", "slug", name="report_substances_pkey"),
)  # fmt: skip

report_identifiers = Table(
    "report_identifiers", metadata,
    _required("report_uuid", Uuid),
    _required("version", BigInteger),
    _required("field", Text),
    _required("kind", Text),
    _required("key", Text),
    _required("number", Text),
    Column("valid", Boolean),
    _required("strong", Boolean),
    PrimaryKeyConstraint("report_uuid", "field", "key", name="report_identifiers_pkey"),
)  # fmt: skip
Index("report_identifiers_key", report_identifiers.c.key)
Index("report_identifiers_number", report_identifiers.c.number)

search_words = Table("search_words", metadata, _required("word", Text), PrimaryKeyConstraint("word", name="search_words_pkey"))
Index("search_words_trigrams", search_words.c.word, postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"})

receipts = Table(
    "receipts", metadata,
    _required("receipt", Uuid),
    _required("agency", Text),
    _required("status", Text),
    Column("originator", Text),
    Column("report_id", Text),
    _required("at", _time),
    _required("body", JSON),
    PrimaryKeyConstraint("receipt", name="receipts_pkey"),
)  # fmt: skip
Index("receipts_newest", receipts.c.agency, receipts.c.at.desc(), receipts.c.receipt.desc())
Index("receipts_with_status", receipts.c.agency, receipts.c.status, receipts.c.at.desc(), receipts.c.receipt.desc())
Index("receipts_of_report", receipts.c.originator, receipts.c.report_id)

rejected = Table(
    "rejected", metadata,
    _required("letter", Uuid),
    Column("agency", Text),
    _required("at", _time),
    _required("body", JSON),
    Column("key_base64", Text),
    Column("value_base64", Text),
    PrimaryKeyConstraint("letter", name="rejected_pkey"),
)  # fmt: skip
Index("rejected_newest", rejected.c.at.desc(), rejected.c.letter.desc())
Index("rejected_of_agency", rejected.c.agency, rejected.c.at.desc(), rejected.c.letter.desc())

incidents = Table(
    "incidents", metadata,
    _required("proposal", Uuid),
    _required("version", BigInteger),
    _required("first", Uuid),
    _required("second", Uuid),
    _required("status", Text),
    _required("at", _time),
    _required("body", JSON),
    PrimaryKeyConstraint("proposal", name="incidents_pkey"),
)  # fmt: skip
Index("incidents_newest", incidents.c.at.desc(), incidents.c.proposal.desc())
Index("incidents_first", incidents.c.first)
Index("incidents_second", incidents.c.second)

# What stands of a controlled delivery; `named`: the agencies of which only members see it (`streams.store.rooms`).
deliveries = Table(
    "deliveries", metadata,
    _required("delivery_uuid", Uuid),
    _required("version", BigInteger),
    _required("delivery", Text),
    _required("open", Boolean),
    _required("agencies", _texts),
    _required("named", _texts),
    _required("members", _texts),
    _required("body", JSON),
    PrimaryKeyConstraint("delivery_uuid", name="deliveries_pkey"),
)  # fmt: skip
Index("deliveries_of_agencies", deliveries.c.agencies, postgresql_using="gin")
Index("deliveries_of_members", deliveries.c.members, postgresql_using="gin")

delivery_forms = Table(
    "delivery_forms", metadata,
    _required("delivery_uuid", Uuid),
    _required("version", BigInteger),
    _required("body", JSON),
    PrimaryKeyConstraint("delivery_uuid", name="delivery_forms_pkey"),
)  # fmt: skip

# The timelines: what the room sees and what is `restricted` to an audience are numbered each for itself.
delivery_events = Table(
    "delivery_events", metadata,
    _required("delivery_uuid", Uuid),
    _required("restricted", Boolean),
    _required("number", BigInteger),
    _required("received", _time),
    Column("audience", _texts),
    _required("body", JSON),
    PrimaryKeyConstraint("delivery_uuid", "restricted", "number", name="delivery_events_pkey"),
)  # fmt: skip

# Two deliveries that come near each other (`streams.store.conflicts` says who may know).
conflicts = Table(
    "conflicts", metadata,
    _required("conflict", Uuid),
    _required("version", BigInteger),
    _required("first", Uuid),
    _required("second", Uuid),
    _required("open", Boolean),
    _required("body", JSON),
    PrimaryKeyConstraint("conflict", name="conflicts_pkey"),
)  # fmt: skip

# The centre's duty: open items and officers on duty, and the newest word about those that were.
duty = Table(
    "duty", metadata,
    _required("key", Text),
    _required("number", BigInteger),
    _required("open", Boolean),
    _required("body", JSON),
    PrimaryKeyConstraint("key", name="duty_pkey"),
)  # fmt: skip
Index("duty_open", duty.c.key, postgresql_where=text("open"))

# What stands in the directory by the entry's key; `country` is None before the first entry is confirmed.
directory = Table(
    "directory", metadata,
    _required("key", Text),
    _required("number", BigInteger),
    _required("authority", Text),
    Column("country", Text),
    _required("body", JSON),
    PrimaryKeyConstraint("key", name="directory_pkey"),
)  # fmt: skip
Index("directory_of_country", directory.c.country, directory.c.key)

directory_changes = Table(
    "directory_changes", metadata,
    _required("key", Text),
    _required("number", BigInteger),
    _required("body", JSON),
    PrimaryKeyConstraint("key", "number", name="directory_changes_pkey"),
)  # fmt: skip

# Written by the gateway, so a rebuild carries it over.
idempotency = Table(
    "idempotency", metadata,
    _required("agency", Text),
    _required("person", Text),
    _required("key", Text),
    _required("digest", Text),
    _required("status", Integer),
    Column("media_type", Text),
    _required("answer", JSON),
    _required("at", _time),
    PrimaryKeyConstraint("agency", "person", "key", name="idempotency_pkey"),
)  # fmt: skip
Index("idempotency_at", idempotency.c.at)

# `next`: the first offset not projected; `first_at`: broker time (ms) of the partition's first record, which tells a topic made anew.
projector_offsets = Table(
    "projector_offsets", metadata,
    _required("topic", Text),
    _required("partition", Integer),
    _required("next", BigInteger),
    Column("first_at", BigInteger),
    PrimaryKeyConstraint("topic", "partition", name="projector_offsets_pkey"),
)  # fmt: skip

DERIVED = (
    reports, revisions, report_substances, report_identifiers, search_words, receipts, rejected, incidents,
    deliveries, delivery_forms, delivery_events, conflicts, duty, directory, directory_changes,
)  # fmt: skip
"""The tables that the topics alone determine."""
