"""Twenty small files such as a household, a club and a workshop have, written for `evals.bench.suggested` alone."""

from __future__ import annotations

from collections.abc import Mapping

FILES: Mapping[str, str] = {
    "boiler.md": """\
# Boiler

## Service

The service interval is 12 months. The pressure is 1.5 bar when cold.

## If it will not light

Turn the dial to zero, wait two minutes, then hold the red button for ten seconds.
""",
    "choir.txt": """\
Mill Choir, rehearsal notes

The spring concert is on 14 May in the guildhall. Altos sit left of the piano.

The subscription is £48 a term, paid to the treasurer.
""",
    "bees.md": """\
# Keeping the hives

## Feeding

From October each hive is given two litres of syrup.

## When are the hives opened?

On a still day above 15 degrees, never before April.
""",
    "tools.csv": """\
Tool,Shelf,Bought,Price
Band saw,B2,2019,420
Spokeshave,A1,2021,38
Mitre gauge,A3,2022,27
Bench vice,C1,2018,155
""",
    "guinea-pigs.html": """\
<html><head><title>Guinea pigs</title></head><body><h1>Guinea pigs</h1>
<h2>Food</h2><p>The daily ration is 60 grams of pellets for each animal.</p>
<h2>Vet</h2><p>Dr Osei sees them on Tuesdays.</p>
</body></html>
""",
    "parking.txt": """\
Parking permits

The annual permit is £72 for the first car and £110 for the second.

Visitors may stay for four hours in bay C.
""",
    "sourdough.md": """\
# Sourdough

## Starter

Feed it with 50 g of rye each evening.

## Baking

The oven temperature is 240 degrees for the first 15 minutes.
""",
    "router.md": """\
# The new router

## How do I reset it?

Hold the pin behind the aerial for 12 seconds.

## Guest network

Its name is Kestrel and it is off after midnight.
""",
    "allotment.csv": """\
Plot,Holder,Crop,Rent
7,Mrs Adeyemi,Broad beans,31
8,Mr Laurent,Dahlias,31
9,The Patels,Sweetcorn,44
""",
    "swim.md": """\
# Swimming lessons

## Levels

| Level | Day | Teacher |
|---|---|---|
| Otters | Monday | Ruth |
| Herons | Thursday | Samir |

## Missed lessons

A missed lesson can be made up within three weeks.
""",
    "loan.txt": """\
Loan of the projector

The deposit is £40 and is given back when lens and cable are returned.

The longest loan is 9 days.
""",
    "kiln.md": """\
# Firing the kiln

## Bisque

The first firing is at 980 degrees and takes nine hours.

## Glaze

Shelves are washed with alumina before each glaze firing.
""",
    "train.html": """\
<html><head><title>Miniature railway</title></head><body><h1>Miniature railway</h1>
<h2>Running days</h2><p>The first running day is 6 April.</p>
<h2>Tickets</h2><p>The family ticket is £9.50.</p>
</body></html>
""",
    "gym.csv": """\
Class,Room,Starts,Trainer
Spin,Loft,07:15,Noor
Yoga,Garden room,18:30,Ellis
Boxing,Cellar,19:45,Bo
""",
    "chickens.md": """\
# Hens

## Laying

The three hens laid 612 eggs last year.

## What do they eat?

Layers' mash in the morning, corn before dusk.
""",
    "will.txt": """\
Where the papers are

The will is in the green box file, number 3.

The key to the deed box hangs behind the barometer.
""",
    "sailing.md": """\
# Dinghy

## Rigging

The shroud tension is 140 kg on the port side.

## Insurance

The policy covers races within 12 miles of the coast.
""",
    "piano.txt": """\
Piano

The tuning fee is £85 and the tuner comes in March and September.

The damp chaser must stay plugged in.
""",
    "quiz.csv": """\
Team,Round one,Round two,Total
The Owls,14,17,31
Table Nine,12,19,31
Quizzards,18,11,29
""",
    "well.md": """\
# The well

## Testing the water

The nitrate limit is 50 mg per litre. Samples go to the laboratory in June.

## Pump

The pump is at a depth of 21 metres.
""",
}
