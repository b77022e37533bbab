#!/usr/bin/env python3
"""Makes the sample: synthetic dating profiles as a pickle. No line of it describes a real person.

    python3 data/generate_profiles.py                  writes profiles.pickle beside this file
    python3 data/generate_profiles.py --check          exit 1 unless profiles.pickle has this content
    python3 data/generate_profiles.py --count 100000 --out /tmp/many.pickle

Everybody belongs to one of twelve hidden groups, and about every third person to a second one as well. A group has
its own interests, towns and sentences, so people of one group should be recommended to each other. The group itself
is written nowhere.

All chance comes from random.Random(seed).random(): the other methods of that class have changed between versions of
Python, this one has not. So every CPython 3 makes the same profiles.
"""

import argparse
import os
import pickle
import random
import sys

SEED = 20
COUNT = 10000
PROTOCOL = 4
HERE = os.path.dirname(os.path.abspath(__file__))

FIRST_NAMES = {
    "female": """Ada Alice Amelie Anna Anouk Astrid Aylin Beatrice Carla Charlotte Chloe Clara Daphne Edith Elena
        Elif Elsa Emma Esther Eva Fatima Femke Fleur Frida Greta Hanna Helena Ida Ines Iris Isabel Jana Johanna
        Julia Katja Klara Lara Lea Leonie Lina Lotte Louise Lucia Luna Maaike Maja Malin Mara Margot Maria Marit
        Mathilde Mila Mina Miriam Nadia Nina Noor Nora Olga Paula Pia Rosa Ruth Sanne Sara Selma Sofia Stella
        Teresa Tessa Thea Valerie Vera Yara Yasmin Zoe""".split(),
    "male": """Aaron Adam Adrian Alan Albert Amir Anton Arthur Ben Bruno Can Carl Caspar Cem Clemens Daan Daniel
        David Dennis Diego Dirk Elias Emil Emre Erik Felix Finn Florian Francis Frank Georg Gijs Hannes Hassan
        Hugo Ivan Jakob Jan Jasper Joel Jonas Joris Julian Karim Kees Lars Leo Leon Louis Luc Lukas Marc Marek
        Martin Mathis Max Milan Moritz Nico Noah Olaf Omar Oskar Otto Pablo Paul Peter Philip Pierre Rafael Ruben
        Samir Sem Simon Stefan Theo Thomas Tim Tom Victor Willem Yusuf""".split(),
    "non-binary": """Alex Andrea Ari Charlie Eden Elis Ellis Finley Jamie Jo Jules Kai Kim Lou Luca Max Mika Morgan
        Nikita Noa Quinn Remy Robin Rowan Sage Sam Sasha Toni""".split(),
}
SURNAMES = """Aalto Abbas Adler Almeida Andersen Arslan Baker Bakker Barnes Bauer Becker Berg Bergman Bernard Blanc
    Boer Bosch Brandt Brouwer Brun Carter Castro Clark Costa Cruz Demir Dekker Diaz Dubois Duval Ebert Eriksen Evans
    Faber Ferrari Fischer Fontaine Frank Fuchs Garcia Garnier Gerber Graham Gross Haas Hansen Hartmann Hill Hoffmann
    Horn Hughes Ibrahim Jacobs Jansen Jensen Kaya Keller Klein Koch Kovacs Kramer Kruger Lambert Lang Laurent Lefevre
    Lehmann Leroy Lindberg Lopez Ludwig Maes Marchand Martens Meyer Meier Mercier Moreau Morris Mulder Nguyen Nielsen
    Novak Olsen Ortiz Otten Palmer Park Pereira Peters Petit Pohl Prins Quist Reed Renard Richter Rivera Rossi Roth
    Roux Russo Sanders Santos Schmidt Schneider Schulte Silva Simon Smit Sommer Stein Suzuki Takacs Taylor Thomsen
    Toth Turner Vidal Visser Vogel Vogt Wagner Walker Ward Weber Winter Wolf Wouters Yilmaz Young Zeller
    Zimmermann""".split()

# Each town with the language that is spoken there.
TOWNS = [
    ("Berlin", "German"), ("Hamburg", "German"), ("Munich", "German"), ("Leipzig", "German"), ("Freiburg", "German"),
    ("Vienna", "German"), ("Innsbruck", "German"), ("Zurich", "German"), ("Paris", "French"), ("Lyon", "French"),
    ("Grenoble", "French"), ("Nantes", "French"), ("Brussels", "French"), ("Geneva", "French"),
    ("Amsterdam", "Dutch"), ("Utrecht", "Dutch"), ("Rotterdam", "Dutch"), ("Ghent", "Dutch"), ("London", "English"),
    ("Bristol", "English"), ("Edinburgh", "English"), ("Dublin", "English"), ("Lisbon", "Portuguese"),
    ("Porto", "Portuguese"), ("Madrid", "Spanish"), ("Valencia", "Spanish"), ("Milan", "Italian"),
    ("Turin", "Italian"), ("Copenhagen", "Danish"), ("Stockholm", "Swedish"),
]
LANGUAGES = """English German French Dutch Spanish Italian Portuguese Turkish Polish Arabic Swedish Danish Russian
    Japanese""".split()

# What people of every group may like and say.
COMMON_INTERESTS = ["cats", "dogs", "coffee", "cycling", "flea markets", "podcasts", "long walks", "photography",
                    "board games", "volunteering", "crosswords", "yoga"]
COMMON_SENTENCES = [
    "I moved to {town} {years} years ago and stayed.", "I work as {job}, mostly with nice people.",
    "My friends call me {trait}, my mother calls me {trait2}.", "Ask me about {interest}, but bring time.",
    "By day I am {job}, by night I am asleep.", "I am {trait}, {trait2} and usually on time.",
    "I am looking for somebody {trait} who also likes {interest}.", "Two truths and a lie: {trait}, {trait2}, {job}.",
    "You should write if you can laugh about yourself.", "{interest} and {interest2} are all I need in a week.",
    "I have been trying to explain {interest} to my family for {years} years.",
]
JOBS = ["a nurse", "a teacher", "a bus driver", "an architect", "a programmer", "a baker", "a physicist",
        "a carpenter", "a translator", "a librarian", "a vet", "a lawyer", "an electrician", "a florist",
        "a sound engineer", "a midwife", "a bookkeeper", "a gardener", "an editor", "a chemist"]
TRAITS = ["curious", "patient", "stubborn", "cheerful", "quiet", "restless", "loyal", "honest", "dreamy", "practical",
          "talkative", "calm", "ambitious", "silly", "thoughtful", "brave", "tidy", "chaotic", "gentle", "sarcastic"]

OPENERS = ["By the way,", "Honestly,", "Fair warning:", "In short,", "To be clear,", "No kidding:", "First of all,"]

# The hidden groups: mean age, towns (indexes into TOWNS), interests, places, sentences.
GROUPS = [
    (31, [2, 4, 6, 10], ["hiking", "climbing", "trail running", "camping", "wild swimming", "mountain biking",
                         "ski touring", "bouldering", "map reading", "bivouacs"],
     ["the nearest ridge", "a hut without a telephone", "a cold lake", "the climbing hall"],
     ["On Saturdays I am on {place} before the sun is.", "The best meal is soup after {interest}.",
      "I own more ropes than shoes.", "Take me to {place} and I will carry the tent.",
      "My weekend starts with a weather report and ends with wet boots.",
      "{place} after rain is my favourite smell.",
      "I learned {interest} from my grandfather and patience from the weather.",
      "Half of my photos show {place}, the other half my thumb."]),
    (38, [9, 12, 26, 5], ["baking bread", "fermenting", "ramen", "natural wine", "farmers' markets", "knife making",
                          "chocolate", "coffee roasting", "dinner parties", "foraging"],
     ["the market hall", "a kitchen with six guests", "a tiny bistro", "the cheese counter"],
     ["My sourdough is {years} years old and has a name.", "I fall in love at {place}, usually with a pan.",
      "I cook for eight even when we are two.", "Tell me your favourite soup and I will make it.",
      "{interest} is how I say that I like you.",
      "I once drove {years} hours for a cheese.",
      "Somebody has to lick the spoon, and at {place} it is me.",
      "Sundays are for {interest} and nothing else."]),
    (29, [0, 3, 18, 16], ["vinyl records", "playing guitar", "synthesizers", "festivals", "singing in a choir",
                          "drumming", "jazz", "techno", "song writing", "sound walks"],
     ["a basement with bad light and good sound", "the record shop", "the front row", "the rehearsal room"],
     ["I have played in {years} bands, one of them with a name.", "You will find me at {place} with ear plugs.",
      "There is always a song for it.", "I judge cities by their {interest}.",
      "I will make you a mixtape, and it will have an order.",
      "My neighbours know everything about my {interest}.",
      "I hum, also at {place}, sorry.",
      "Between {interest} and {interest2} there is always a bass line."]),
    (42, [8, 20, 21, 15], ["poetry", "crime novels", "book clubs", "second-hand bookshops", "essays", "letter writing",
                           "libraries", "philosophy", "calligraphy", "short stories"],
     ["a reading chair", "the second-hand bookshop", "the quiet car of a train", "the library at closing time"],
     ["I have {years} half-read books beside my bed.", "I am happiest in {place}.",
      "My ideal evening has two lamps, two books and one sofa.", "I still write letters, with ink.",
      "Somebody who reads the last page first is forgiven, once.",
      "I underline, in pencil, even in {place}.",
      "{interest} got me through {years} winters.",
      "Read to me and I will make the tea."]),
    (26, [28, 29, 0, 14], ["role-playing games", "speedrunning", "chess", "pixel art", "retro consoles", "anime",
                           "puzzle rooms", "miniature painting", "game jams", "trading cards"],
     ["a table with far too many dice", "the arcade", "a late server", "the games fair"],
     ["Roll for initiative and then tell me about your day.", "I have finished {years} games this year.",
      "I met my best friends at {place}.", "My dwarf has a better biography than I have.",
      "Co-op is the way to my heart.",
      "I can talk about {interest} until the batteries are empty.",
      "I lost {years} rounds in a row at {place} and came back.",
      "Side quests first, dinner later."]),
    (30, [19, 25, 17, 28], ["running", "triathlon", "football", "volleyball", "rowing", "swimming", "weight lifting",
                            "tennis", "road cycling", "judo"],
     ["the stadium", "the river at six in the morning", "the finish line", "the pool"],
     ["I am training for my marathon number {years}.", "You will see me first at {place}, and red in the face.",
      "Rest days are the hard ones.", "I need a partner for mixed doubles.",
      "{interest} taught me to lose, which is useful.",
      "My alarm has rung before six for {years} years, voluntarily.",
      "After {interest} I eat everything.",
      "I met the sea while swimming away from {place}."]),
    (36, [7, 16, 19, 27], ["woodworking", "3D printing", "repair cafes", "soldering", "bicycle mechanics", "welding",
                           "model railways", "home automation", "pottery", "bookbinding"],
     ["the workshop", "the repair cafe", "a garage without a car", "the scrap yard"],
     ["I fix things, some of which were broken.", "My flat is {years} percent tools.",
      "I built the table that we would eat at.", "On rainy days I disappear into {place}.",
      "If it has screws, I have opened it.",
      "I speak fluent {interest} and some small talk.",
      "There are {years} unfinished projects, ask for a tour.",
      "Bring me something broken to {place}."]),
    (47, [4, 17, 13, 11], ["gardening", "beekeeping", "bird watching", "mushrooms", "herbs", "composting",
                           "botanical drawing", "tea", "allotments", "hedgehogs"],
     ["my allotment", "the botanical garden", "a hide at the lake", "the greenhouse"],
     ["I grow {years} sorts of tomatoes and eat two.", "My bees are better company than most.",
      "In May I live at {place}.", "I can tell a chaffinch from a brambling in the fog.",
      "You will get vegetables, whether you want them or not.",
      "I know {years} birds by their voice.",
      "{interest} keeps my hands dirty and my head clear.",
      "Meet me at {place} when the swifts are back."]),
    (33, [8, 0, 24, 26], ["silent films", "theatre", "improv", "documentaries", "screenwriting", "museums", "opera",
                          "stand-up comedy", "costume design", "film festivals"],
     ["row seven", "an open-air cinema", "the gallery opening", "backstage"],
     ["I stay until the end of the credits.", "I have seen {years} films this year and regret one.",
      "Let us meet at {place} and argue afterwards.", "I cry in the second act, always.",
      "I once played a tree, and critics noticed.",
      "{interest} ruined me for small talk.",
      "I cannot choose between {place} and the sofa.",
      "My favourite scene lasts {years} minutes and nobody speaks."]),
    (28, [22, 23, 14, 25], ["backpacking", "surfing", "night trains", "sailing", "street food", "learning languages",
                            "van life", "diving", "maps", "hitchhiking"],
     ["a night train", "a beach in November", "an airport, smiling", "the harbour"],
     ["I have slept in {years} countries and one lighthouse.", "My suitcase is packed, are you?",
      "The best day of my life began at {place}.", "I collect words that cannot be translated.",
      "Home is where my surfboard dries.",
      "I plan {interest} on the back of receipts.",
      "I can say thank you in {years} languages.",
      "Somewhere between {place} and lunch I forgot my return ticket."]),
    (35, [22, 24, 5, 12], ["tango", "salsa", "lindy hop", "ballet", "contact improvisation", "folk dance", "bachata",
                           "acrobatics", "circus", "contemporary dance"],
     ["the milonga", "the dance floor at half past one", "the studio", "a street party"],
     ["I have stepped on {years} feet and apologised to all.", "Lead or follow, I do both.",
      "Find me at {place}, the shoes are red.", "If there is music in the supermarket, I cannot help it.",
      "{interest} is a conversation without words.",
      "My shoes last {years} weeks.",
      "Monday is {interest}, Tuesday is sore.",
      "I count to eight in my sleep, even far from {place}."]),
    (40, [13, 7, 20, 29], ["astronomy", "mathematics", "meteorology", "radio", "geology", "science fiction", "go",
                           "telescopes", "fossils", "popular science"],
     ["the observatory", "a field without street lamps", "the natural history museum", "a lecture hall"],
     ["I know {years} constellations and the way home.", "Ask me why the sky is dark at night.",
      "I would take you to {place}, with a thermos.", "I read footnotes for pleasure.",
      "There is a meteorite on my desk, a small one.",
      "I have waited {years} nights for a clear sky.",
      "{interest} is simpler than dating.",
      "My idea of romance is {place} and a good question."]),
]


class Chance:
    """Everything that is drawn, from random() alone."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, limit):
        """An integer from 0 to limit - 1."""
        return int(self.random() * limit)

    def one_of(self, values):
        return values[self.below(len(values))]

    def happens(self, share):
        return self.random() < share

    def hexadecimal(self, digits):
        return "".join("0123456789abcdef"[self.below(16)] for _ in range(digits))


def draw_age(chance, mean):
    # The sum of three draws is a bell around the mean, 15 years to either side.
    spread = chance.random() + chance.random() + chance.random()
    return max(18, int(mean - 15 + spread * 10))


def draw_gender(chance):
    draw = chance.random()
    return "female" if draw < 0.48 else "male" if draw < 0.96 else "non-binary"


def draw_town(chance, group):
    return TOWNS[chance.one_of(group[1])] if chance.happens(0.6) else chance.one_of(TOWNS)


def draw_languages(chance, spoken):
    languages = [spoken]
    if spoken != "English" and chance.happens(0.8):
        languages.append("English")
    while chance.happens(0.3) and len(languages) < 5:
        language = chance.one_of(LANGUAGES)
        if language not in languages:
            languages.append(language)
    return languages


def draw_interests(chance, group, second):
    interests = []
    wanted = 3 + chance.below(5)
    while len(interests) < wanted:
        draw = chance.random()
        pool = COMMON_INTERESTS if draw < 0.12 else second[2] if draw < 0.35 else group[2]
        interest = chance.one_of(pool)
        if interest not in interests:
            interests.append(interest)
    return interests


def draw_sentence(chance, template, group, town, interests):
    first = chance.below(len(interests))
    trait = chance.below(len(TRAITS))
    sentence = template.format(
        interest=interests[first],
        interest2=interests[(first + 1) % len(interests)],
        place=chance.one_of(group[3]),
        years=2 + chance.below(28),
        job=chance.one_of(JOBS),
        trait=TRAITS[trait],
        trait2=TRAITS[(trait + 1 + chance.below(len(TRAITS) - 1)) % len(TRAITS)],
        town=town,
    )
    if chance.happens(0.25):
        rest = sentence if sentence.startswith("I ") else sentence[0].lower() + sentence[1:]
        return chance.one_of(OPENERS) + " " + rest
    return sentence[0].upper() + sentence[1:]


def draw_bio(chance, group, second, town, interests):
    sentences = []
    used = []
    wanted = 2 + chance.below(3)
    while len(sentences) < wanted:
        draw = chance.random()
        source = group if draw < 0.55 else second
        template = chance.one_of(COMMON_SENTENCES if draw > 0.75 else source[4])
        if template not in used:
            used.append(template)
            sentences.append(draw_sentence(chance, template, source, town, interests))
    return " ".join(sentences)


def draw_profile(chance):
    group = chance.one_of(GROUPS)
    second = chance.one_of(GROUPS) if chance.happens(0.35) else group
    gender = draw_gender(chance)
    town, spoken = draw_town(chance, group)
    profile = {
        "_id": chance.hexadecimal(24),
        "name": chance.one_of(FIRST_NAMES[gender]),
        "surname": chance.one_of(SURNAMES),
        "age": draw_age(chance, group[0]),
        "gender": gender,
        "city": town,
        "languages": draw_languages(chance, spoken),
        "interests": draw_interests(chance, group, second),
    }
    profile["bio"] = draw_bio(chance, group, second, town, profile["interests"])
    return profile


def generate(count, seed):
    chance = Chance(seed)
    return [draw_profile(chance) for _ in range(count)]


def check(path, profiles):
    """Whether the file holds exactly these profiles; says what differs where it does not."""
    with open(path, "rb") as file:
        stored = pickle.load(file)
    if stored == profiles:
        print("{}: {} profiles, as generated".format(path, len(stored)))
        return True
    for number, (old, new) in enumerate(zip(stored, profiles)):
        if old != new:
            print("{}: record {} is {!r}, generated is {!r}".format(path, number, old, new), file=sys.stderr)
            return False
    print("{}: {} profiles, generated are {}".format(path, len(stored), len(profiles)), file=sys.stderr)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help="how many profiles (default %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed gives other people (default %(default)s)")
    parser.add_argument("--out", default=os.path.join(HERE, "profiles.pickle"), help="the file (default %(default)s)")
    parser.add_argument("--check", action="store_true", help="compare the file instead of writing it")
    options = parser.parse_args()

    profiles = generate(options.count, options.seed)
    if options.check:
        return 0 if check(options.out, profiles) else 1
    with open(options.out, "wb") as file:
        pickle.dump(profiles, file, protocol=PROTOCOL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
