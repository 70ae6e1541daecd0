"""What a device lists about approvals, joined with the extensions that profiles name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoroute.loaders.swcutil import DomainApproval
from ssoroute.model.device import Approval, concerns
from ssoroute.model.payload import Extension
from ssoroute.model.source import Source
from ssoroute.real_device.join_approvals import Approvals
from ssoroute.real_device.values import Contradiction

YES, NO = Approval.APPROVED, Approval.NOT_APPROVED
TEAM, OTHER = "ABCDE12345", "FGHIJ67890"


def listed(app_id: str, host: str = "h.test", approval: Approval | None = YES) -> DomainApproval:
    return DomainApproval(app_id, host, approval, None, None, Source(app_id))


def approvals(*entries: DomainApproval) -> Approvals:
    made = Approvals()
    for entry in entries:
        made.add(entry, [])
    return made


@pytest.mark.parametrize(
    ("app_id", "extension", "counts"),
    [
        (f"{TEAM}.com.example.app", Extension("com.example.app"), True),
        (f"{TEAM}.com.example.app", Extension("com.example.app.sso"), True),
        (f"{TEAM}.com.example.app", Extension("com.example.app.sso", TEAM), True),
        (f"{TEAM}.com.example.app", Extension("com.example.app.sso", OTHER), False),
        (f"{TEAM}.com.example.app", Extension("com.example.application"), False),
        (f"{TEAM}.com.example.app.sso", Extension("com.example.app"), False),
        ("com.example.app", Extension("com.example.app.sso", TEAM), True),
        ("team.com.example.app", Extension("com.example.app.sso"), False),
        ("team.com.example.app", Extension("com.example.app.sso", "team"), True),
        ("team.com.example.app", Extension("team.com.example.app.sso", TEAM), True),
        ("com", Extension("com.example.app", TEAM), True),
        ("", Extension(".com.example"), True),
        (f"{TEAM}.", Extension("com.example.app"), False),
    ],
)
def test_an_approval_counts_for_an_extension_and_its_app(
    app_id: str, extension: Extension, counts: bool
) -> None:
    sources: dict[tuple[str, ...], Source] = {}
    other = Extension("org.example.other")
    found = approvals(listed(app_id)).known([other, extension], sources)
    assert found == ({app_id: {"h.test": YES}} if counts else {})
    place = {("associated_domains", app_id, "h.test"): Source(app_id)}
    assert sources == (place if counts else {})


def test_every_approval_counts_if_profiles_name_no_extension() -> None:
    made = approvals(
        listed("a.b"), listed("a.b", "g.test", NO), listed("c.d", approval=None), listed("e.f")
    )
    contradictions: list[Contradiction] = []
    made.add(listed("e.f", approval=NO), contradictions)
    assert made.known([], {}) == {"a.b": {"h.test": YES, "g.test": NO}}
    assert [contradiction.text for contradiction in contradictions] == [
        "authsrv:h.test for e.f is approved and is not; it is taken as unknown"
    ]


def test_an_extension_has_the_one_team_of_its_app_ids() -> None:
    made = approvals(
        listed(f"{TEAM}.com.example.app"),
        listed(f"{TEAM}.com.example.app.sso"),
        listed(f"{OTHER}.com.example.both"),
        listed(f"{TEAM}.com.example.both.sso"),
        listed(f"{OTHER}.org.many"),
        listed(f"{TEAM}.org.many"),
        listed("XXXXX12345.org.many"),
    )
    names = ["com.example.app.sso", "com.example.app", "com.example.both.sso", "org.many.x", "org"]
    assert made.teams_of(names) == {
        "com.example.app.sso": TEAM,
        "com.example.app": TEAM,
        "com.example.both.sso": None,
        "org.many.x": None,
        "org": None,
    }


NAMES = st.lists(st.sampled_from(["a", "b", "", TEAM]), min_size=1, max_size=4).map(".".join)
EXTENSIONS = st.builds(
    Extension, NAMES.filter(bool), st.sampled_from([None, None, "a", TEAM])
)  # fmt: skip


@given(st.lists(NAMES, max_size=8), st.lists(EXTENSIONS, max_size=6))
def test_the_index_finds_what_comparing_all_with_all_finds(
    app_ids: list[str], extensions: list[Extension]
) -> None:
    made = approvals(*map(listed, app_ids))
    plain = {
        app_id
        for app_id in app_ids
        if not extensions or any(concerns(app_id, extension) for extension in extensions)
    }
    assert set(made.known(extensions, {})) == plain
    found = made.teams_of(extension.bundle_id for extension in extensions)
    for extension in extensions:
        teams = {
            app_id.partition(".")[0]
            for app_id in app_ids
            if f"{extension.bundle_id}.".startswith(f"{app_id.partition('.')[2]}.")
        }
        assert found[extension.bundle_id] == (teams.pop() if len(teams) == 1 else None)
