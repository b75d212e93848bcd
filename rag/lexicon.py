"""The closed classes of English words, each once. What has no end, as verbs, roles and places, is nowhere here.

A class is closed where grammar or a standard ends it: no new number word, month or negation is coined.
"""

from __future__ import annotations

from index.document.dates import MONTHS as MONTHS  # the months and their numbers, by name and by abbreviation

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {word: float(n) for n, word in enumerate(_ONES)} | {word: 10.0 * n for n, word in enumerate(_TENS, start=2)}
SCALES = {"dozen": 12.0, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
FRACTIONS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
ORDINALS = {
    word: n
    for n, word in enumerate(
        (
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
            "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
        ).split(),
        start=1,
    )
} | {"thirtieth": 30}
TIMES = {"twice": 2.0, "thrice": 3.0}
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"), ("tuesday", "tue", "tues"), ("wednesday", "wed"), ("thursday", "thu", "thur", "thurs"),
            ("friday", "fri"), ("saturday", "sat"), ("sunday", "sun"),
        )
    )
    for name in names
}  # fmt: skip
CLOCK_WORDS = {"noon": 720, "midday": 720, "midnight": 0}
"""Minutes after midnight."""

UNITS: dict[str, tuple[str, float]] = {
    name: (f"{kind}:{system}", factor)
    for kind, system, factor, names in (
        ("length", "metric", 0.001, "mm millimetre millimetres millimeter millimeters"),
        ("length", "metric", 0.01, "cm centimetre centimetres centimeter centimeters"),
        ("length", "metric", 1.0, "m metre metres meter meters"),
        ("length", "metric", 1000.0, "km kilometre kilometres kilometer kilometers"),
        ("length", "imperial", 0.0254, "inch inches"),
        ("length", "imperial", 0.3048, "ft foot feet"),
        ("length", "imperial", 0.9144, "yd yard yards"),
        ("length", "imperial", 1609.344, "mile miles"),
        ("mass", "metric", 0.001, "mg milligram milligrams"),
        ("mass", "metric", 1.0, "g gram grams gramme grammes"),
        ("mass", "metric", 1000.0, "kg kilo kilos kilogram kilograms"),
        ("mass", "metric", 1e6, "tonne tonnes"),
        ("mass", "imperial", 28.3495, "oz ounce ounces"),
        ("mass", "imperial", 453.592, "lb lbs"),
        ("volume", "metric", 0.001, "ml millilitre millilitres milliliter milliliters"),
        ("volume", "metric", 0.01, "cl centilitre centilitres"),
        ("volume", "metric", 1.0, "l litre litres liter liters"),
        ("volume", "imperial", 0.568, "pint pints"),
        ("volume", "imperial", 4.546, "gallon gallons"),
        ("time", "clock", 1.0, "s sec secs second seconds"),
        ("time", "clock", 60.0, "min mins minute minutes"),
        ("time", "clock", 3600.0, "h hr hrs hour hours"),
        ("time", "clock", 86400.0, "day days"),
        ("time", "clock", 604800.0, "week weeks"),
        ("time", "clock", 1209600.0, "fortnight fortnights"),
        ("time", "calendar", 2629800.0, "month months"),
        ("time", "calendar", 31557600.0, "year years"),
        ("time", "calendar", 315576000.0, "decade decades"),
        ("time", "calendar", 3155760000.0, "century centuries"),
        ("degrees", "", 1.0, "°c celsius"),
        ("degrees", "fahrenheit", 1.0, "°f fahrenheit"),
        ("angle", "", 1.0, "° degree degrees"),
        ("power", "", 1.0, "w watt watts"),
        ("power", "", 1000.0, "kw kilowatt kilowatts"),
        ("energy", "", 1.0, "kwh"),
        ("voltage", "", 1.0, "v volt volts"),
        ("current", "", 1.0, "a amp amps"),
        ("share", "", 0.01, "% percent percentage"),
    )
    for name in names.split()
}  # fmt: skip
"""What a unit measures and in which system, and how much of the kind's base it is."""
CURRENCIES: dict[str, tuple[str, float]] = {
    name: (f"money:{kind}", factor)
    for kind, factor, names in (
        ("£", 1.0, "£ gbp pound pounds quid"),
        ("£", 0.01, "p pence penny"),
        ("$", 1.0, "$ usd dollar dollars"),
        ("€", 1.0, "€ eur euro euros"),
        ("¢", 0.01, "cent cents"),
        ("¥", 1.0, "¥ jpy yen"),
        ("chf", 1.0, "chf franc francs"),
        ("crown", 1.0, "crown crowns"),
        ("rouble", 1.0, "rouble roubles ruble rubles"),
        ("rupee", 1.0, "₹ inr rupee rupees"),
    )
    for name in names.split()
}

MEASURES: dict[str, tuple[str, str, int]] = {
    word: (noun, kind, sign)
    for noun, kind, more, less in (
        ("price", "money", "expensive dear costly", "cheap"),
        ("length", "length", "long far", "short near"),
        ("height", "length", "high tall", "low"),
        ("depth", "length", "deep", "shallow"),
        ("width", "length", "wide thick", "narrow thin"),
        ("weight", "mass", "heavy", "light"),
        ("age", "", "old", "young"),
        ("date", "date", "late new recent", "early"),
        ("speed", "", "fast quick", "slow"),
        ("temperature", "degrees", "hot warm", "cold cool"),
        ("", "", "large big great", "small"),
    )
    for sign, words in ((1, more), (-1, less))
    for word in words.split()
}
"""The adjectives of measure: what they ask after, the kind of its unit, and whether they ask for more of it or less."""
MEASURED = {noun: kind for noun, kind, _ in MEASURES.values() if kind}
"""What they ask after, and the kind of its unit."""

LIGHT_VERBS = frozenset(
    "make makes made making give gives gave given giving take takes took taken taking get gets getting gotten "
    "do does did done doing have has had having".split()
)
"""Verbs that say little beside their noun: "give a lecture", "make a payment" (Jespersen's light verbs)."""

NEGATIONS = frozenset(
    "not no never none nobody nothing nowhere neither nor cannot without hardly scarcely barely".split()
)
POSSIBILITY = frozenset(
    "may might could can perhaps maybe possibly probably likely apparently allegedly reportedly supposedly presumably "
    "potentially".split()
)
OBLIGATION = frozenset("must shall should ought".split())
INTENTION = frozenset("will would".split())
MODALS = POSSIBILITY | OBLIGATION | INTENTION
EXCLUSIVES = frozenset("only solely exclusively except unless until till if provided".split())
"""What narrows that which stands beside it."""
COMPARISONS = frozenset(
    "before after more less fewer least most above below over under within beyond better worse best worst".split()
)
"""What gives an amount, a time or a place its side."""
COMPARING = frozenset("compare compared comparison difference differ between both".split())
"""What says that two things are set side by side."""
UNIVERSALS = frozenset("all every each any always everyone everybody everything anyone anybody anything whole".split())
PARTITIVES = frozenset(
    "some most many few several half sometimes often usually mostly mainly partly rarely seldom".split()
)
APPROXIMATELY = frozenset("about around roughly approximately nearly almost some circa barely".split())
AT_LEAST = frozenset(("at least", "no less than", "no fewer than", "not less than", "minimum", "min"))
AT_MOST = frozenset(
    (
        "at most", "no more than", "not more than", "no longer than", "up to", "maximum", "max",
        "within", "no later than",
    )
)  # fmt: skip
MORE_THAN = frozenset(("more than", "over", "longer than", "above"))
LESS_THAN = frozenset(("less than", "fewer than", "under", "below"))
CONTRASTS = frozenset("but however although though whereas while yet nevertheless nonetheless instead".split())
CONJUNCTIONS = frozenset("and or nor but so because since when while whereas although though".split())
CONDITIONALS = frozenset(
    "if unless until till provided while when whenever where wherever before after as once".split()
)
"""What opens a clause without which another does not hold."""
CLOCK_PREPOSITIONS = frozenset("at from until till to by before after between and around since".split())

PERSONAL_PRONOUNS = frozenset("he she it they him her them his hers its their theirs".split())
FIRST_AND_SECOND = frozenset("i we you me us my our your mine ours yours".split())
DEMONSTRATIVES = frozenset("this that these those".split())
PRONOUNS = PERSONAL_PRONOUNS | FIRST_AND_SECOND | DEMONSTRATIVES
QUESTION_WORDS = frozenset("who whom whose what which when where why how".split())
AUXILIARIES = frozenset(
    "am is are was were be been being do does did has have had can could may might must shall should will would".split()
)
DETERMINERS = frozenset("the a an my our your his her its their this that these those some any each every no".split())
PREPOSITIONS = frozenset(
    "about above across after against along among around at before behind below beneath beside besides between beyond "
    "by despite down during except for from in inside into like near of off on onto out outside over past per since "
    "through throughout till to toward towards under until up upon via with within without".split()
)
SUBORDINATORS = frozenset("if unless whether once before after until till than as".split())
ANAPHORS = frozenset("one ones other others another else former latter same such there".split())
"""What stands for something named before, or sets something beside it."""
