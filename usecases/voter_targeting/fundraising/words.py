"""What people read about fund-raising e-mail, in English and Korean."""

from __future__ import annotations

from core.protocol import Card, Kpi, Party

CARD = Card(
    title={"en": "Fund-raising e-mail", "ko": "모금 메일 문안 선택"},
    question={
        "en": "A message is written in 18 variants: which should go to how many people?",
        "ko": "모금 메일 한 통에 문안이 18가지라면, 어느 문안을 몇 명에게 보내야 하는가?",
    },
    story={
        "en": (
            "The Obama campaign of 2012 raised about 690 million USD online, mostly by e-mail. It tested up"
            " to 18 variants of a message; staff mostly guessed the winner wrong. Here a campaign mails its"
            " supporters within a day. About one e-mail in a thousand brings a gift, gifts come hours later,"
            " and a few large ones make much of the money. Each hour it is decided what share of the list"
            " gets which variant. Every person has the same mind whoever decides."
        ),
        "ko": (
            "2012년 오바마 캠프는 온라인으로 약 6억 9천만 달러를 모았고 대부분이 메일을 통해서였다. 메일 한"
            " 통에 최대 18가지 문안을 시험했는데, 어느 것이 이길지 직원들의 예상은 대체로 빗나갔다. 여기서는"
            " 한 캠프가 하루 안에 지지자들에게 메일을 보낸다. 기부로 이어지는 메일은 천 통에 한 통꼴이고,"
            " 기부는 몇 시간 뒤에 들어오며, 소수의 고액 기부가 금액의 상당 부분을 차지한다. 매시간 어느"
            " 문안을 명단의 얼마에게 보낼지 정한다. 누가 정하든 받는 사람의 마음은 같다."
        ),
    },
    incumbent={
        "en": (
            "The split test that was ordinary by 2012: all variants on equal small parts of the list, then"
            " the one with most donors to the rest. Its test share is tuned on the campaign's own record."
        ),
        "ko": (
            "2012년에 이미 널리 쓰이던 분할 시험. 명단 일부를 똑같이 나눠 모든 문안을 보낸 뒤, 기부자가 가장"
            " 많은 문안을 나머지에게 보낸다. 시험에 쓸 비율은 캠프의 기록으로 정한다."
        ),
    },
    claim={
        "en": (
            "The best of 18 variants brought more than five times what the worst would have: about 2.5"
            " million USD against less than .5 million, projected."
        ),
        "ko": (
            "18가지 문안 중 가장 좋은 것은 가장 나쁜 것의 다섯 배가 넘는 돈을 모았다. 추정액은 각각 약 250만"
            " 달러와 50만 달러 미만이다."
        ),
    },
    claim_value=5.0,
    claim_unit="times the worst variant's money",
    claim_source="Econsultancy and Bloomberg (quoted by epolitics) on the 2012 campaign; projected amounts",
    limits=(
        {
            "en": "Unsubscribing (.1-.2 % of e-mails) is left out: it is assumed not to depend on the"
            " variant.",
            "ko": "수신 거부(메일의 0.1~0.2%)는 문안과 무관하다고 보고 뺐다.",
        },
        {
            "en": (
                "How far variants differ is set by the published projection, so the multiple of the worst"
                " variant is put in, not found; had that projection held chance of its own, variants would"
                " differ less. Amounts follow no published figure: rates, gifts and the list of 4 million"
                " addresses are assumed. Smaller sizes have shorter lists, from which less can be learned."
            ),
            "ko": (
                "문안 간 차이는 공개된 추정치에 맞춘 것이므로, 최악의 문안 대비 배수는 찾아낸 것이 아니라"
                " 넣은 값이다. 그 추정치에 우연이 섞여 있었다면 실제 차이는 더 작다. 금액은 공개된 수치를"
                " 따르지 않는다. 기부율, 기부액, 주소 400만 개는 가정이다. 작은 규모에서는 명단이 짧아 배울"
                " 수 있는 것도 적다."
            ),
        },
        {
            "en": (
                "All segments of the list get the same variants: published experiments find almost no gain"
                " from targeting messages, and a check says what it would be worth here."
            ),
            "ko": (
                "명단의 모든 집단에 같은 문안을 쓴다. 공개된 실험에서 문안을 나눠 보내 얻는 이득은 거의"
                " 없었고, 여기서 그 이득이 얼마인지는 점검 항목에 나온다."
            ),
        },
        {
            "en": (
                "The hour of mailing changes nothing, any number of e-mails can go out in an hour, and nobody"
                " minds waiting until the last one."
            ),
            "ko": "발송 시각은 효과를 바꾸지 않고, 한 시간에 몇 통이든 보낼 수 있으며, 기다리는 비용도 없다.",
        },
        {
            "en": (
                "No variant brings larger gifts than another, only more of them; ranking by money has"
                " nothing to find that donors do not show."
            ),
            "ko": (
                "문안은 기부 건수만 바꾸고 건당 금액은 바꾸지 않는다. 따라서 금액으로 비교해도 기부자 수보다"
                " 더 알 수 있는 것은 없다."
            ),
        },
        {
            "en": "Adoption hands over whole messages: a share of them is mailed as the learner says.",
            "ko": "도입률은 메일 단위다. 그 비율의 메일을 학습기가 정한 대로 보낸다.",
        },
    ),
    sources=(
        "Bloomberg Businessweek (2012) on the campaign's e-mails, quoted by epolitics.com",
        "Econsultancy on the 2012 campaign's e-mail tests",
        "Tappin et al. (2023), Quantifying the potential persuasive returns to political microtargeting,"
        " PNAS",
        "Karnin, Koren, Somekh (2013), Almost Optimal Exploration in Multi-Armed Bandits, ICML",
        "Thompson (1933), On the likelihood that one unknown probability exceeds another, Biometrika 25",
        "Russo (2016), Simple Bayesian Algorithms for Best Arm Identification, COLT",
    ),
)

KPIS = (
    Kpi(
        "money",
        "USD/100,000 e-mails",
        "higher",
        {"en": "Money raised, expected", "ko": "모금액(기댓값)"},
        "known truth: each variant's gift rate times the mean gift",
        digits=0,
    ),
    Kpi(
        "times_blind",
        "times",
        "higher",
        {"en": "Against a variant picked blindly", "ko": "무작위 문안 대비 배수"},
        "expected money over the mean of all variants, same messages",
        digits=2,
    ),
    Kpi(
        "net_mkrw",
        "M KRW/year",
        "higher",
        {"en": "Net benefit over the incumbent", "ko": "기존 방식 대비 순편익"},
        "expected money in a year of messages, less the cost of learning",
        base="raised_mkrw",
        digits=0,
    ),
    Kpi(
        "raised_mkrw",
        "M KRW/year",
        "higher",
        {"en": "Money raised in a year, expected", "ko": "연간 모금액(기댓값)"},
        "at the campaign's list and messages",
        digits=0,
    ),
    Kpi(
        "donors",
        "gifts/100,000 e-mails",
        "higher",
        {"en": "Donors", "ko": "기부자 수"},
        "gifts that came",
        digits=0,
    ),
    Kpi(
        "booked_money",
        "USD/100,000 e-mails",
        "higher",
        {"en": "Money raised, as it came", "ko": "모금액(실현값)"},
        "gifts that came, the luck of large ones included",
        digits=0,
    ),
    Kpi(
        "times_worst",
        "times",
        "higher",
        {"en": "Against the worst variant", "ko": "최악의 문안 대비 배수"},
        "expected money over the worst variant's, same messages",
        published="2012 campaign, projected: best about 2.5 M USD, worst below .5 M",
    ),
    Kpi(
        "regret",
        "%",
        "lower",
        {"en": "Lost against the best variant", "ko": "최선의 문안 대비 손실"},
        "expected money short of mailing the best variant from the start",
    ),
    Kpi(
        "best_found",
        "% of messages",
        "higher",
        {"en": "Best variant found", "ko": "최선의 문안을 찾은 비율"},
        "messages whose most mailed variant is truly the best",
        digits=0,
    ),
    Kpi(
        "final_share",
        "% of e-mails",
        "higher",
        {"en": "E-mails with the final variant", "ko": "최종 문안을 받은 비율"},
        "share of the most mailed variant",
        digits=0,
    ),
)

PARTIES = (
    Party(
        {"en": "The campaign", "ko": "선거 캠프"},
        "net_mkrw",
        {
            "en": "Has the money that the same e-mails bring, and pays for the learning.",
            "ko": "같은 메일로 모은 돈을 갖고 학습 비용을 낸다.",
        },
    ),
    Party(
        {"en": "Staff who write the variants", "ko": "문안을 쓰는 직원"},
        "best_found",
        {
            "en": "How often they learn which variant is truly the best.",
            "ko": "어느 문안이 정말 가장 나은지 알게 되는 횟수가 달라진다.",
        },
    ),
    Party(
        {"en": "Donors, in money", "ko": "기부자(금액)"},
        "raised_mkrw",
        {
            "en": (
                "What is raised comes from them; they give freely, and what giving is worth to them is not"
                " simulated."
            ),
            "ko": "모금액은 이들에게서 나온다. 스스로 내는 돈이며, 기부의 보람은 모의하지 않는다.",
        },
        against=True,
    ),
    Party(
        {"en": "The opposing campaign", "ko": "상대 캠프"},
        "raised_mkrw",
        {
            "en": "Faces an opponent with more money to spend, or with less.",
            "ko": "상대가 쓸 돈이 늘거나 준다.",
        },
        against=True,
    ),
    Party(
        {"en": "Supporters on the list", "ko": "명단의 지지자"},
        "",
        {
            "en": "Get as many e-mails whoever decides; whether they feel pressed is not simulated.",
            "ko": "누가 정하든 받는 메일 수는 같다. 압박감을 느끼는지는 모의하지 않는다.",
        },
    ),
)
