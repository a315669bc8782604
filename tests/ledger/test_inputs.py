"""Grants, voids and plans: which lines are refused, at which line and by which rule, and what they
are read as. What becomes of a grant belongs to `test_account`."""

import json
from datetime import date
from pathlib import Path

import pytest

from pipelines.cli.app import main
from pricing_assets.ledger import folder as credits_folder
from pricing_assets.ledger.folder import CreditsError
from pricing_assets.ledger.inputs import GRANT_COLUMNS, PLAN_COLUMNS, VOID_COLUMNS
from pricing_assets.ledger.plans import all_grants
from pricing_assets.lint import grants as lint_grants
from pricing_assets.lint.grants import RULES

HEADERS = {
    "grants.csv": ",".join(GRANT_COLUMNS),
    "voids.csv": ",".join(VOID_COLUMNS),
    "plans.csv": ",".join(PLAN_COLUMNS),
}
G1 = "G1,acme,paid,1000,10.00,2026-02-01,2029-02-01,,,invoice 7"
V1 = "V1,G1,2026-02-10,all,0,left"
PRO = "pro,acme,2026-01-01,,1000,9,none"


def folder_of(path: Path, **lines: str) -> Path:
    """A folder of grants of these lines, file by file, headers first."""
    path.mkdir(exist_ok=True)
    for name, text in lines.items():
        file = f"{name}.csv"
        (path / file).write_bytes(f"{HEADERS[file]}\n{text}\n".encode())
    return path


# Rule, the lines of each file, and where each finding is with the beginning of what is said.
BROKEN: list[tuple[str, dict[str, str], list[str]]] = [
    ("missing_file", {"voids": V1}, ["neither grants.csv nor plans.csv"]),
    ("bad_width", {"grants": G1 + ",more"}, ["grants.csv:2: 11 fields instead of 10"]),
    ("bad_csv", {"grants": '"G1'}, ["grants.csv:2: not valid CSV"]),
    ("blank_id", {"grants": G1.replace("acme", " ")}, ["grants.csv:2: org_id is blank"]),
    ("blank_id", {"grants": G1.replace("G1", "")}, ["grants.csv:2: grant_id is blank"]),
    ("blank_id", {"grants": G1, "voids": V1.replace("V1", "")}, ["voids.csv:2: void_id is blank"]),
    ("blank_id", {"plans": PRO.replace("pro", "\u3000")}, ["plans.csv:2: plan_id is blank"]),
    ("duplicate_grant", {"grants": f"{G1}\n{G1}"}, ["grants.csv:3: 'G1' is also in line 2"]),
    (
        "duplicate_grant",
        {"grants": G1.replace("G1", "pro/2026-02"), "plans": PRO},
        ["grants.csv:2: 'pro/2026-02' is the id of a grant that the plan in line 2 of plans.csv"],
    ),
    (  # years before the plan makes it, and by a plan that makes 96,000
        "duplicate_grant",
        {"grants": G1.replace("G1", "pro/9999-12"), "plans": PRO.replace(",,", ",9999-12-31,")},
        ["grants.csv:2: 'pro/9999-12' is the id of a grant that the plan in line 2 of plans.csv"],
    ),
    (
        "duplicate_void",
        {"grants": G1, "voids": f"{V1}\n{V1}"},
        ["voids.csv:3: 'V1' is also in line 2"],
    ),
    ("duplicate_plan", {"plans": f"{PRO}\n{PRO}"}, ["plans.csv:3: 'pro' is also in line 2"]),
    ("unknown_kind", {"grants": G1.replace("paid", "Paid")}, ["grants.csv:2: kind 'Paid' must be"]),
    *(
        ("bad_credits", {"grants": G1.replace("1000", text)}, [f"grants.csv:2: credits {text!r}"])
        for text in ("", "0", "-1", "+1", "1e3", " 1", "1_000", "١", ".5", "1.", "0.0000000001")
    ),
    ("bad_credits", {"grants": G1.replace("1000", "9" * 19)}, ["grants.csv:2: credits"]),
    *(
        ("bad_usd", {"grants": G1.replace("10.00", text)}, [f"grants.csv:2: usd_paid {text!r}"])
        for text in ("", "-1", "1.005", "$10", "1e1", "NaN")
    ),
    *(
        (
            "bad_date",
            {"grants": G1.replace("2026-02-01", text)},
            [f"grants.csv:2: effective_date {text!r} must be a date like 2026-02-01"],
        )
        for text in ("", "2026-02-30", "01.02.2026", "20260201", "2026-W05-7", "2026-02-01T00:00")
    ),
    (
        "bad_date",
        {"grants": G1.replace("2026", "0026")},
        ["grants.csv:2: effective_date '0026-02-01' lies before 1969-12-31, the first usage date"],
    ),
    (
        "ends_before_it_begins",
        {"grants": G1.replace("2029-02-01", "2026-02-01")},
        ["grants.csv:2: expires_date 2026-02-01 must lie after effective_date 2026-02-01"],
    ),
    (
        "ends_before_it_begins",
        {"plans": PRO.replace("01,,", "01,2025-12-31,")},
        ["plans.csv:2: to 2025-12-31 must lie after from 2026-01-01"],
    ),
    *(
        ("bad_priority", {"grants": G1.replace(",,,", f",{text},,")}, ["grants.csv:2: priority"])
        for text in ("0", "1001", "-1", "1.5", "first", "²", "00100")
    ),
    *(
        (
            "unknown_billing_type",
            {"grants": G1.replace(",,,", f",,{text},")},
            ["grants.csv:2: bill"],
        )
        for text in ("llm", "tts_generation|", "tts_generation|tts_generation", "tts_generation;x")
    ),
    *(
        ("bad_rollover", {"plans": PRO.replace("none", text)}, [f"plans.csv:2: rollover {text!r}"])
        for text in ("", "0", "121", "-1", "1.5", "ALL", "²")
    ),
    (
        "unknown_grant",
        {"grants": G1, "voids": V1.replace("G1", "g1")},
        ["voids.csv:2: void 'V1' of 'g1': there is no grant of this id"],
    ),
    *(
        (
            "void_without_grant",
            {"grants": G1, "voids": V1.replace("2026-02-10", day)},
            [f"voids.csv:2: void 'V1' of 'G1' on {day}: the grant is there from 2026-02-01 until"],
        )
        for day in ("2026-01-31", "2029-02-01")
    ),
    (
        "void_without_grant",
        {"plans": PRO, "voids": V1.replace("G1", "pro/2026-03")},
        [
            "voids.csv:2: void 'V1' of 'pro/2026-03' on 2026-02-10: the grant is there from 2026-03-01"
        ],
    ),
    (
        "unknown_grant",
        {"plans": PRO.replace(",,", ",2026-03-01,"), "voids": V1.replace("G1", "pro/2026-03")},
        ["voids.csv:2: void 'V1' of 'pro/2026-03': there is no grant of this id"],
    ),
    (
        "void_too_large",
        {
            "grants": G1,
            "voids": "V1,G1,2026-02-10,600,0,\nV2,G1,2026-02-11,400.000000001,0,\nV3,G1,2026-02-12,all,0,",
        },
        ["voids.csv:3: void 'V2' of 'G1' takes more than was granted"],
    ),
    (
        "refund_too_large",
        {"grants": G1, "voids": V1.replace("all,0", "all,10.01")},
        ["voids.csv:2: void 'V1' of 'G1' refunds more than was paid"],
    ),
]


@pytest.mark.parametrize("rule, lines, where", BROKEN)
def test_a_line_that_breaks_a_rule_is_refused_by_file_and_line(
    tmp_path: Path, rule: str, lines: dict[str, str], where: list[str]
) -> None:
    folder = folder_of(tmp_path, **lines)
    found = lint_grants.check(folder).findings
    assert [finding.rule for finding in found if RULES[finding.rule].severity == "error"] == [
        rule
    ] * len(where)
    for finding, said in zip(found, where, strict=True):
        assert said in str(finding)
    with pytest.raises(CreditsError, match="csv") as error:
        credits_folder.load(folder)
    assert error.value.exit_code == 2


def test_no_folder_is_an_error(tmp_path: Path) -> None:
    assert [one.rule for one in lint_grants.check(tmp_path / "none").findings] == ["missing_folder"]


@pytest.mark.parametrize(
    "raw, rule",
    [
        (b"grant_id,org_id\nG1,acme\n", "bad_header"),
        (f"{HEADERS['grants.csv']},more\n{G1},x\n".encode(), "bad_header"),
        (f"{HEADERS['grants.csv']}\n{G1}\n".encode("utf-16"), "bad_csv"),
        (f"{HEADERS['grants.csv']}\n{G1.replace('acme', 'caf')}\n".encode() + b"\xe9", "bad_csv"),
    ],
)
def test_a_file_of_other_columns_or_encoding_is_refused(
    tmp_path: Path, raw: bytes, rule: str
) -> None:
    (tmp_path / "grants.csv").write_bytes(raw)
    assert [finding.rule for finding in lint_grants.check(tmp_path).findings] == [rule]


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    text = f"{HEADERS['grants.csv']}\r\n{G1}\r\n\r\n"
    (tmp_path / "grants.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert [grant.grant_id for grant in credits_folder.load(tmp_path).grants] == ["G1"]


def test_amounts_are_read_digit_by_digit(tmp_path: Path) -> None:
    lines = "A,acme,promo,0.000000001,0,2026-02-01,,1,tts_generation|llm_text_chat,\n"
    lines += f"B,acme,paid,{'9' * 18}.999999999,{'9' * 15}.99,2026-02-01,,1000,,"
    one, other = credits_folder.load(folder_of(tmp_path, grants=lines)).grants
    assert (one.credits, one.usd_paid, one.priority) == (1, 0, 1)
    assert one.billing_types == ("tts_generation", "llm_text_chat")
    assert (one.expires_date, other.billing_types) == (None, ())
    assert (other.credits, other.usd_paid) == (10**27 - 1, (10**17 - 1) * 10**7)


# From, to, rollover, and each grant made through 2026-04-15 with the date on which it ends.
PLANS = [
    ("2026-02-01", "", "none", {"2026-02": "03-01", "2026-03": "04-01", "2026-04": "05-01"}),
    ("2026-02-02", "2026-04-01", "none", {"2026-03": "04-01"}),
    ("2026-02-01", "2026-03-02", "1", {"2026-02": "04-01", "2026-03": "05-01"}),
    ("2026-03-31", "", "all", {"2026-04": None}),
    ("2026-04-16", "", "none", {}),
]


@pytest.mark.parametrize("first, last, rollover, made", PLANS)
def test_a_plan_makes_a_grant_on_the_first_of_each_month(
    tmp_path: Path, first: str, last: str, rollover: str, made: dict[str, str | None]
) -> None:
    folder = folder_of(tmp_path, plans=f"pro,acme,{first},{last},1000,9,{rollover}")
    grants = all_grants(credits_folder.load(folder), date(2026, 4, 15))
    assert {
        grant.grant_id: grant.expires_date and f"{grant.expires_date:%m-%d}" for grant in grants
    } == {f"pro/{month}": end for month, end in made.items()}
    for grant in grants:
        assert f"pro/{grant.effective_date:%Y-%m}" == grant.grant_id
        assert (grant.effective_date.day, grant.kind, grant.usd_paid) == (1, "plan", 9 * 10**9)


def test_odd_lines_are_warned_of(tmp_path: Path) -> None:
    lines = "A,acme,paid,1,0,2026-02-01,,,,\nB,acme,promo,1,2,2026-02-01,,,,\n"
    lines += "C,acme ,promo,1,0,2026-02-01,,,,\nD,Acme,promo,1,0,2026-02-01,,,,\n"
    lines += "E,\u0430cme,promo,1,0,2026-02-01,,,,"
    found = lint_grants.check(folder_of(tmp_path, grants=lines), {"acme", "other"}).findings
    assert [(finding.rule, finding.line) for finding in found] == [
        ("paid_for_nothing", 2),
        ("promo_with_price", 3),
        ("blank_around_id", 4),
        ("grant_for_nobody", 5),
        ("grant_for_nobody", 6),
    ]
    assert "'acme' is another id" in str(found[3])
    assert "'\\u0430cme', which no usage names; '\\u0430cme' looks like 'acme'" in str(found[4])


def test_the_command_shows_findings_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder_of(tmp_path / "credits", grants=G1, voids=V1, plans=PRO)
    assert main(["grants", "check"]) == 2
    assert "set it in creditmill.toml" in capsys.readouterr().err
    (tmp_path / "creditmill.toml").write_text('credits = "credits"\n')
    assert main(["grants", "check"]) == 0
    assert "credits: 1 grant, 1 void, 1 plan; no rule is broken." in capsys.readouterr().out
    folder_of(tmp_path / "other", grants=G1.replace("paid", "gift"))
    assert main(["grants", "check", "other", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["counts"] == {"error": 1, "warning": 0, "note": 0}
    assert said["findings"][0]["rule"] == "unknown_kind"
    assert said["findings"][0]["line"] == 2
    assert main(["grants", "check", "other"]) == 1
    assert "error unknown_kind: The kind decides" in capsys.readouterr().out


def test_every_rule_is_shown_to_find_something() -> None:
    shown = {rule for rule, _, _ in BROKEN} | {"missing_folder", "bad_header"}
    warned = {"paid_for_nothing", "promo_with_price", "blank_around_id", "grant_for_nobody"}
    assert shown | warned == set(RULES)
