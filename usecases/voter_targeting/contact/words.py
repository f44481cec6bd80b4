"""What people read about voter targeting, in English and Korean."""

from __future__ import annotations

from collections.abc import Mapping

from core.protocol import Card, Kpi, Party, Text

FILE_WORDS: Mapping[str, tuple[str, Text]] = {
    "precinct": ("", {"en": "precinct", "ko": "투표구"}),
    "age": ("years", {"en": "age", "ko": "나이"}),
    "female": ("0 or 1", {"en": "woman", "ko": "여성 여부"}),
    "minority": ("0 or 1", {"en": "racial minority", "ko": "소수 인종 여부"}),
    "registration": (
        "-1, 0, 1",
        {"en": "party registration: own 1, other -1, none 0", "ko": "정당 등록: 자당 1, 타당 -1, 없음 0"},
    ),
    **{
        f"voted_{i}": ("0 or 1", {"en": f"voted in past election {i}", "ko": f"과거 선거 {i} 투표 여부"})
        for i in range(1, 6)
    },
    "consumer": ("", {"en": "index of consumer data", "ko": "소비자 데이터 지수"}),
    "income": ("standard deviations", {"en": "income of the precinct", "ko": "투표구 소득"}),
    "urban": ("0 to 1", {"en": "urbanity of the precinct", "ko": "투표구 도시화 정도"}),
    "result": ("%", {"en": "party's last result in the precinct", "ko": "투표구의 지난 선거 자당 득표율"}),
    "party_share": (
        "%",
        {"en": "party's share of the precinct's registrants", "ko": "투표구의 정당 등록자 중 자당 비율"},
    ),
}
RULE_LABELS: Mapping[str, Text] = {
    "no_race": {"en": "No race", "ko": "인종 정보 없음"},
    "no_party": {"en": "No party registration", "ko": "정당 등록 정보 없음"},
    "precinct_only": {"en": "Precincts only", "ko": "투표구 정보만"},
    "half_consent": {"en": "Half consent", "ko": "절반만 동의"},
    "tenth_consent": {"en": "One in ten consents", "ko": "열 명 중 한 명만 동의"},
    "cells": {"en": "Cells of 50 persons", "ko": "50명 단위 집계"},
    "private_answers": {"en": "Answers protected (epsilon 1)", "ko": "응답 보호(엡실론 1)"},
    "eu_2024_900": {
        "en": "EU 2024/900, 1 in 10 consents",
        "ko": "EU 2024/900 (10명 중 1명 동의)",
    },
    "korea": {"en": "Korea: no door visits, no register", "ko": "한국: 호별 방문 금지, 공개 명부 없음"},
}
"""Rules of privacy, each a contender: the structured model with what the rule leaves."""

CARD = Card(
    title={"en": "Voter targeting", "ko": "유권자 타기팅"},
    question={
        "en": (
            "How many votes does a campaign gain for its money by scoring each voter, and what does"
            " privacy cost it?"
        ),
        "ko": (
            "유권자마다 점수를 매기면 선거 캠프는 같은 돈으로 몇 표를 더 얻고, 개인정보를 보호하면 몇 표를"
            " 잃는가?"
        ),
    },
    story={
        "en": (
            "In 2012 the Obama campaign scored every voter in the contested states for support, turnout"
            " and persuasion, and sent volunteers where a contact promised most. Here a campaign has"
            " 60,000 USD for 200,000 made-up voters and may visit, phone, write or e-mail. It knows the"
            " public file, a pilot experiment and a survey. What a contact does follows published field"
            " experiments: it brings to the polls a few of those who might stay at home, and changes"
            " hardly anybody's mind. The same method then runs with less data on each person, as laws on"
            " privacy would have it."
        ),
        "ko": (
            "2012년 오바마 캠프는 격전지의 모든 유권자에게 지지 성향, 투표 가능성, 설득 가능성 점수를"
            " 매기고 접촉 효과가 가장 클 곳에 자원봉사자를 보냈다. 여기서는 한 캠프가 가상의 유권자 20만"
            " 명을 두고 6만 달러를 방문, 전화, 우편, 이메일에 나누어 쓴다. 캠프는 공개 명부와 사전 실험,"
            " 여론조사 결과를 알고 시작한다. 접촉의 효과는 발표된 현장 실험을 따른다. 접촉은 투표하지 않을"
            " 수도 있는 사람 몇몇을 투표소로 이끌 뿐, 마음을 바꾸는 일은 거의 없다. 이어서 같은 방법을"
            " 개인정보 보호 규칙에 맞추어 개인별 정보를 줄여 가며 다시 실행한다."
        ),
    },
    incumbent={
        "en": (
            "A walk list: own registrants or whole precincts by the last result, those first who vote now"
            " and then. The pilot and the survey decide which list, and the money goes where a tier and a"
            " channel promise most for it."
        ),
        "ko": (
            "접촉 명단. 자당 등록자 또는 지난 선거 득표율이 높은 투표구의 유권자 가운데 가끔 투표하는"
            " 사람부터 접촉한다. 명단은 사전 실험과 여론조사로 보아 가장 나은 것을 고르고, 예산은 비용 대비"
            " 효과가 큰 명단 단계와 접촉 수단부터 쓴다."
        ),
    },
    claim={
        "en": "Scoring each voter told the Obama campaign where its resources would gain the most votes.",
        "ko": "오바마 캠프는 유권자별 점수로 자원을 어디에 써야 표를 가장 많이 얻는지 알아냈다.",
    },
    claim_value=32.0,
    claim_unit="% more net votes than by party registration",
    claim_source=(
        "no figure in the report; a prototype of this world with larger effects (four seeds): best score"
        " 603 net votes, party registration 457"
    ),
    limits=(
        {
            "en": (
                "All persons are made up. There is no way to read a real voter file, and no message is"
                " written."
            ),
            "ko": (
                "모든 유권자는 가상이다. 실제 유권자 명부를 읽는 기능은 없으며, 홍보 문구도 만들지 않는다."
            ),
        },
        {
            "en": (
                "Effects of contacts are small and uncertain: across 49 experiments in general elections"
                " persuasion was about zero, and a visit brings 3 to 8 of 100 persons reached to the"
                " polls."
            ),
            "ko": (
                "접촉 효과는 작고 불확실하다. 본선거 실험 49건에서 설득 효과는 0에 가까웠고, 방문은 만난"
                " 사람 100명 중 3~8명을 투표소로 이끈다."
            ),
        },
        {
            "en": (
                "Contacts with one person do not spill over to the household, and the other side does"
                " not respond."
            ),
            "ko": "접촉의 효과는 함께 사는 사람에게 번지지 않고, 상대 진영은 대응하지 않는다.",
        },
        {
            "en": (
                "The pilot's election has the same turnout and the same effects as the one that is played."
            ),
            "ko": "사전 실험을 한 선거와 여기서 치르는 선거는 투표율과 접촉 효과가 같다고 본다.",
        },
        {
            "en": (
                "A campaign's gain is not society's: what it is worth depends on whom one asks. Group"
                " figures say who is spoken to, not who ought to be."
            ),
            "ko": (
                "캠프의 이득이 곧 사회의 이득은 아니며, 그 가치는 누구에게 묻느냐에 따라 다르다. 집단별"
                " 수치는 누가 접촉을 받는지 보여 줄 뿐, 누가 받아야 하는지는 말하지 않는다."
            ),
        },
        {
            "en": (
                "No contender scores who can be persuaded: a pilot of this size cannot tell. Where"
                " persuasion is put into the world (a primary), all of them miss it."
            ),
            "ko": (
                "설득 가능성에 점수를 매기는 참가자는 없다. 이 규모의 사전 실험으로는 알 수 없기 때문이다."
                " 설득 효과가 있는 세계(예비 선거)에서는 모두 이를 놓친다."
            ),
        },
        {
            "en": (
                "What EU and Korean law allows is simplified; this is not legal advice. The EU's rule binds"
                " online advertising and is put on all channels here; Korea's limits on letters are left"
                " out, and who voted in its pilot is taken to be known by consent."
            ),
            "ko": (
                "유럽연합과 한국의 법 규정은 단순화한 것이며, 법률 자문이 아니다. 유럽연합 규정은 온라인"
                " 광고에 적용되지만 여기서는 모든 접촉 수단에 적용했고, 한국의 우편물 제한은 반영하지"
                " 않았으며, 사전 실험 대상자의 투표 여부는 동의를 받아 안다고 본다."
            ),
        },
    ),
    sources=(
        "Gerber, Green, Larimer (2008), Social Pressure and Voter Turnout, American Political Science"
        " Review 102",
        "Green and Gerber, Get Out the Vote, Brookings Institution Press",
        "Kalla and Broockman (2018), The Minimal Persuasive Effects of Campaign Contact in General"
        " Elections, American Political Science Review 112",
        "Arceneaux and Nickerson (2009), Who Is Mobilized to Vote?, American Journal of Political Science 53",
        "Künzel, Sekhon, Bickel, Yu (2019), Metalearners for Estimating Heterogeneous Treatment Effects,"
        " PNAS 116",
        "Issenberg (2012), How Obama's Team Used Big Data to Rally Voters, MIT Technology Review",
        "Regulation (EU) 2024/900 on the transparency and targeting of political advertising",
        "Public Official Election Act of the Republic of Korea, Article 106",
    ),
)

KPIS = (
    Kpi(
        "net_votes",
        "net votes/1,000 USD",
        "higher",
        {"en": "Net votes for the money", "ko": "비용당 순득표"},
        "known truth: votes for the party less those against, in expectation, over the budget",
        published="Get Out the Vote, early editions, a vote of either side: door 7-19 USD, letter about 60",
        digits=2,
    ),
    Kpi(
        "vote_usd",
        "USD",
        "lower",
        {"en": "Cost of a net vote", "ko": "순득표 1표당 비용"},
        "money spent over net votes; 10,000 at most, and where there are none",
        digits=0,
    ),
    Kpi(
        "net_mkrw",
        "M KRW/campaign",
        "higher",
        {"en": "Net benefit over the incumbent", "ko": "기존 방식 대비 순편익"},
        "net votes gained in the campaign's electorate at the worth of a vote, less the cost of learning",
        digits=0,
    ),
    Kpi(
        "wrong_side",
        "% of contacts",
        "lower",
        {"en": "Contacts that cost votes", "ko": "표를 잃는 접촉"},
        "known truth: persons whose contact helps the other side",
    ),
    Kpi(
        "gap_race",
        "points",
        "lower",
        {"en": "Gap by race", "ko": "인종별 격차"},
        "minority voters' share of the contacts against their share of the voters",
    ),
    Kpi(
        "gap_age",
        "points",
        "lower",
        {"en": "Gap by age", "ko": "연령별 격차"},
        "share of the contacts against share of the voters, those under 35",
    ),
    Kpi(
        "gap_income",
        "points",
        "lower",
        {"en": "Gap by income", "ko": "소득별 격차"},
        "share of the contacts against share of the voters, the poorer half of the precincts",
    ),
    Kpi(
        "turnout_gini",
        "% Gini",
        "lower",
        {"en": "Inequality of turnout", "ko": "투표 참여 불평등"},
        "Gini coefficient of the chance to vote, after the contacts",
        published="field experiments widen it (Enos, Fowler and Vavreck) or narrow it (Foos et al.)",
        digits=3,
    ),
    Kpi(
        "qini",
        "net votes/1,000 persons",
        "higher",
        {"en": "Qini", "ko": "Qini"},
        "Radcliffe (2007): area over a random order when doors are knocked on in the contender's order,"
        " known truth",
        digits=3,
    ),
    Kpi(
        "auuc",
        "net votes/1,000 persons",
        "higher",
        {"en": "AUUC", "ko": "AUUC"},
        "area under the same curve",
        digits=3,
    ),
)

PARTIES = (
    Party(
        {"en": "The campaign", "ko": "선거 캠프"},
        "net_mkrw",
        {
            "en": "Has the votes that the same budget brings, and pays for the learning.",
            "ko": "같은 예산으로 얻은 표를 갖고 학습 비용을 낸다.",
        },
    ),
    Party(
        {"en": "The other side", "ko": "상대 진영"},
        "net_votes",
        {
            "en": "Every net vote that the campaign gains stands against it.",
            "ko": "캠프가 얻는 순득표만큼 불리해진다.",
        },
        against=True,
    ),
    Party(
        {"en": "Voters of a racial minority", "ko": "소수 인종 유권자"},
        "gap_race",
        {
            "en": (
                "Their share of the contacts comes nearer to their share of the voters, or moves away; too"
                " many count as too few do."
            ),
            "ko": (
                "접촉 가운데 이들의 비율이 유권자 비율에 가까워지거나 멀어진다. 너무 많아도 너무 적은 것과"
                " 같이 센다."
            ),
        },
    ),
    Party(
        {"en": "Voters under 35", "ko": "35세 미만 유권자"},
        "gap_age",
        {"en": "The same for their share.", "ko": "이들의 비율도 마찬가지로 본다."},
    ),
    Party(
        {"en": "Those whose data are used", "ko": "정보가 쓰이는 사람들"},
        "",
        {
            "en": (
                "Whether they would agree to be scored is not simulated; what privacy costs the campaign is."
            ),
            "ko": "점수 매기기에 동의할지는 모의하지 않는다. 개인정보 보호가 캠프에 지우는 비용은 모의한다.",
        },
    ),
)
