"""Ten short documents, and what a model that invents says of them: forty true citations, and forty that do not hold.

They were written once, before anything was run on them, and nothing is fitted to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["true", "changed", "reversed", "made up", "wrong source", "no such source"]


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence, the source that it cites, and what is the matter with it."""

    sentence: str
    source: str
    kind: Kind

    def written(self) -> str:
        """As it stands in a draft."""
        return f"{self.sentence.removesuffix('.')} [{self.source}]."


DOCUMENTS = {
    "boiler.md": (
        "# Boiler service, 14 March\n\nThe engineer replaced the pressure valve and cleaned the burner. "
        "Water pressure was raised from 0.6 to 1.4 bar. The flue is sound, but its bracket is loose and "
        "should be fixed before winter. The visit cost £118, of which £46 was for parts. The next service "
        "is due in March next year.\n"
    ),
    "minutes.md": (
        "# Minutes of the allotment society, 3 May\n\nPresent: Ruth Adeyemi (chair), Colin Marsh, Bea "
        "Okafor. The meeting agreed to buy a second-hand rotavator for no more than £350. Colin Marsh will "
        "ask the council about a new water tap by the end of June. The proposal to ban bonfires was put to "
        "a vote and lost by nine votes to four. Bea Okafor offered to keep the seed catalogue. The next "
        "meeting is on 7 June at half past six.\n"
    ),
    "recipe.md": (
        "# Lentil soup\n\nFry two onions in olive oil until they are brown. Add 300 g of red lentils, a "
        "teaspoon of cumin and a litre and a half of stock. Simmer for twenty-five minutes and stir now "
        "and then. Take the pot off the heat before the lemon juice goes in, or the soup turns bitter. It "
        "keeps for three days in the refrigerator and can be frozen.\n"
    ),
    "warranty.md": (
        "# Warranty\n\nThe frame is guaranteed for ten years, the battery for two years or 500 charges, "
        "whichever comes first. The guarantee passes to a new owner if the bicycle is sold with its "
        "receipt. Damage from jet washing is excluded. Repairs must be made by a listed workshop; "
        "otherwise the guarantee ends. Claims are answered within fourteen days.\n"
    ),
    "sula.md": (
        "# Log of the Sula, 9 August\n\nWe left Bodø at 04:20 with a light wind from the north-west. At "
        "noon the port engine lost oil pressure and was shut down. Ingrid found a cracked pipe and mended "
        "it with a spare hose. We saw two fin whales off Træna. We anchored at Sandnessjøen at 21:05, four "
        "hours later than planned.\n"
    ),
    "policy.txt": (
        "Home working policy\n\nStaff may work from home on up to three days a week after their first six "
        "months. Requests go to the line manager, who answers within ten working days. The company pays "
        "for a chair and a screen, but not for electricity. Documents marked confidential must not be "
        "printed at home. The policy is reviewed each January.\n"
    ),
    "trial.md": (
        "# Trial of a nasal spray\n\nThe trial enrolled 212 adults with hay fever at four clinics; 106 "
        "were given the spray and 106 a placebo. After six weeks the symptom score fell by 38 per cent in "
        "the spray group and by 21 per cent in the placebo group. Nosebleeds were reported by eleven "
        "people who used the spray and by five who did not. Two people left the trial because of "
        "headaches. Children were not studied.\n"
    ),
    "letter.txt": (
        "Dear Tomas,\n\nThe house in Vlore is sold at last; the notary signed on Thursday. Your share is "
        "31,400 euros and will be paid before the end of the month. I kept grandmother's sewing machine "
        "and the blue chest. The neighbours have the cat. Please do not tell Anja yet.\n\nYour aunt, Mira\n"
    ),
    "museum.md": (
        "# Museum of clocks\n\nThe museum opens daily except Mondays, from ten to five. Admission is 7 "
        "euros; children under twelve pay nothing. The oldest piece is an iron tower clock of 1512 from "
        "Ghent. Photographs are allowed without flash. The café is closed for building works until "
        "September.\n"
    ),
    "bridge.md": (
        "# Inspection of the mill bridge\n\nThe bridge was built in 1934 and last painted in 1998. "
        "Inspectors found rust on six of its twenty-two beams; none has lost more than a tenth of its "
        "thickness. They recommend a limit of 12 tonnes until the beams are treated. Treating them would "
        "cost about £240,000. The footpath can stay open.\n"
    ),
}

_TRUE = {
    "boiler.md": (
        "The engineer replaced the pressure valve and cleaned the burner.",
        "Water pressure was raised from 0.6 to 1.4 bar.",
        "The flue's bracket is loose and should be fixed before winter.",
        "Of the £118 that the visit cost, £46 was for parts.",
    ),
    "minutes.md": (
        "The meeting agreed to buy a second-hand rotavator for no more than £350.",
        "Colin Marsh will ask the council about a new water tap by the end of June.",
        "A proposal to ban bonfires lost by nine votes to four.",
        "The next meeting is at half past six on 7 June.",
    ),
    "recipe.md": (
        "Add 300 g of red lentils, a teaspoon of cumin and a litre and a half of stock.",
        "The soup simmers for twenty-five minutes.",
        "The lemon juice goes in after the pot is off the heat, or the soup turns bitter.",
        "The soup keeps for three days in the refrigerator.",
    ),
    "warranty.md": (
        "The frame is guaranteed for ten years.",
        "Damage from jet washing is excluded.",
        "If the bicycle is sold with its receipt, the guarantee passes to the new owner.",
        "Claims are answered within fourteen days.",
    ),
    "sula.md": (
        "The Sula left Bodø at 04:20 with a light wind from the north-west.",
        "The port engine lost oil pressure at noon and was shut down.",
        "Ingrid mended a cracked pipe with a spare hose.",
        "They anchored at Sandnessjøen four hours later than planned.",
    ),
    "policy.txt": (
        "Staff may work from home on up to three days a week after their first six months.",
        "Documents marked confidential must not be printed at home.",
        "The line manager answers requests within ten working days.",
        "The company does not pay for electricity.",
    ),
    "trial.md": (
        "The trial enrolled 212 adults with hay fever at four clinics.",
        "After six weeks the symptom score fell by 38 per cent in the spray group "
        "and by 21 per cent in the placebo group.",
        "Two people left the trial because of headaches.",
        "Children were not studied.",
    ),
    "letter.txt": (
        "The notary signed on Thursday.",
        "Tomas's share is 31,400 euros and will be paid before the end of the month.",
        "Mira kept grandmother's sewing machine and the blue chest.",
        "The neighbours have the cat.",
    ),
    "museum.md": (
        "The museum opens daily except Mondays, from ten to five.",
        "Children under twelve pay nothing.",
        "The oldest piece in the museum is an iron tower clock of 1512 from Ghent.",
        "The café is closed until September for building works.",
    ),
    "bridge.md": (
        "The bridge was built in 1934 and last painted in 1998.",
        "Inspectors found rust on six of the twenty-two beams.",
        "They recommend a limit of 12 tonnes until the beams are treated.",
        "The footpath can stay open.",
    ),
}

TRUE = tuple(Cited(sentence, source, "true") for source, sentences in _TRUE.items() for sentence in sentences)
INVENTED = (
    Cited("Water pressure was raised from 0.6 to 2.4 bar.", "boiler.md", "changed"),
    Cited("The flue has a crack and must not be used.", "boiler.md", "made up"),
    Cited("The engineer replaced the burner and cleaned the pressure valve.", "boiler.md", "reversed"),
    Cited("The engineer advised replacing the boiler within two years.", "survey.pdf", "no such source"),
    Cited("The proposal to ban bonfires was carried by nine votes to four.", "minutes.md", "reversed"),
    Cited("Bea Okafor will ask the council about a new water tap by the end of June.", "minutes.md", "changed"),
    Cited("The society raised the annual rent of a plot to £60.", "minutes.md", "made up"),
    Cited("The next meeting is on 17 June at half past six.", "minutes.md", "changed"),
    Cited("Add 300 g of green lentils, a teaspoon of cumin and a litre and a half of stock.", "recipe.md", "changed"),
    Cited("The soup cannot be frozen.", "recipe.md", "reversed"),
    Cited("The soup is served with yoghurt and fresh mint.", "cookbook.pdf", "no such source"),
    Cited("Simmer for forty-five minutes and stir now and then.", "recipe.md", "changed"),
    Cited("The battery is guaranteed for five years or 500 charges, whichever comes first.", "warranty.md", "changed"),
    Cited("The guarantee ends when the bicycle is sold.", "warranty.md", "reversed"),
    Cited("Theft is covered if the lock was closed.", "warranty.md", "made up"),
    Cited("Damage from jet washing is covered.", "warranty.md", "reversed"),
    Cited("The starboard engine lost oil pressure and was shut down.", "sula.md", "changed"),
    Cited("They anchored at Sandnessjøen four hours earlier than planned.", "sula.md", "reversed"),
    Cited("Two orcas followed the boat into the harbour.", "sula.md", "made up"),
    Cited("The crew radioed the coastguard for a tow.", "sula.md", "made up"),
    Cited(
        "Staff may work from home on up to three days a week after their first three months.", "policy.txt", "changed"
    ),
    Cited("The company pays for electricity, but not for a chair and a screen.", "policy.txt", "reversed"),
    Cited("The visit cost £118, of which £46 was for parts.", "policy.txt", "wrong source"),
    Cited("Documents marked confidential may be printed at home.", "policy.txt", "reversed"),
    Cited(
        "After six weeks the symptom score fell by 21 per cent in the spray group "
        "and by 38 per cent in the placebo group.",
        "trial.md",
        "reversed",
    ),
    Cited("The spray was safe for children.", "trial.md", "made up"),
    Cited("The trial enrolled 212 adults with asthma at four clinics.", "trial.md", "changed"),
    Cited("The makers of the spray paid for the trial.", "funding.md", "no such source"),
    Cited("Tomas's share is 41,300 euros and will be paid before the end of the month.", "letter.txt", "changed"),
    Cited("Anja bought the house in Vlore.", "letter.txt", "made up"),
    Cited("Mira sold grandmother's sewing machine.", "letter.txt", "reversed"),
    Cited("The footpath can stay open.", "letter.txt", "wrong source"),
    Cited("The museum opens daily except Sundays, from ten to five.", "museum.md", "changed"),
    Cited("Children under sixteen pay nothing.", "museum.md", "changed"),
    Cited("The oldest piece is an iron tower clock of 1512 from Bruges.", "museum.md", "changed"),
    Cited("Nosebleeds were reported by eleven people who used the spray.", "museum.md", "wrong source"),
    Cited("Inspectors found rust on sixteen of the twenty-two beams.", "bridge.md", "changed"),
    Cited("The bridge must be closed to walkers.", "bridge.md", "reversed"),
    Cited("The bridge was painted in 1934 and last rebuilt in 1998.", "bridge.md", "reversed"),
    Cited("A new bridge would cost £2.4 million.", "57", "no such source"),
)
