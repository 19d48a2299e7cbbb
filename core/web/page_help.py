"""What "?" tells on each kind of page: what it is for, its keys, where to read on.

One entry a kind; a template names its kind by `page_help`, and a test holds that each does.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageHelp:
    """`about` in one or two sentences. `more`: a document of docs/, and perhaps its heading."""

    title: str
    about: str
    more: str = ""
    #: (keys, what they do); beside those that every page has.
    keys: tuple[tuple[str, str], ...] = ()


#: Keys of every page.
EVERYWHERE = (("Ctrl K", "search"), ("?", "this panel"), ("Esc", "close what is on top"))

_FRAMES = (("D F", "one frame back, forward"), ("C V", "ten frames"), ("Space", "play or pause"))

HELP: dict[str, PageHelp] = {
    # everybody
    "account": PageHelp(
        "Your account",
        "Your name, address, password, second steps, sessions, tokens and how the portal looks to "
        "you. What is dangerous asks once more that it is you.",
        "accounts",
    ),
    "design": PageHelp(
        "Design", "Each part that pages are made of, with its markup.", "architecture#the-pages"
    ),
    "entrance": PageHelp(
        "Signing in",
        "People come in by invitation, with a password or a passkey and a second step. If you lost "
        "both, an administrator of your organization can invite you again.",
    ),
    "error": PageHelp(
        "Something is in the way",
        "The page says what, and carries an id: quote it when you ask for help.",
    ),
    "help": PageHelp("Help", "All documents, for whoever is signed in.", "index"),
    "notices": PageHelp(
        "Notices",
        "What happened that concerns you, newest first. Preferences choose what comes by mail.",
        "accounts#notices",
    ),
    "nowhere": PageHelp(
        "No organization yet",
        "You are signed in, and belong to no organization. An invitation takes you into one.",
        "accounts",
    ),
    "reference": PageHelp(
        "The API", "Each address that programs may ask, with what goes in and comes out.", "api"
    ),
    "roles": PageHelp("Roles", "What each role may do, and which are yours.", "index"),
    "search": PageHelp(
        "Search",
        "Finds what you may see: clips, projects, releases, invoices, people, pages.",
        "accounts#search",
    ),
    # clients
    "access-log": PageHelp(
        "Access log",
        "Every look at your footage and every act, as a log that can't be rewritten. Facets and "
        "the query narrow it; the query is in the address, so it can be sent to somebody.",
        "auditors#reading",
        (
            ("/", "query"), ("J K", "rows"), ("Enter V", "open and verify"),
            ("X Shift X", "only this cell's value, or without it"), ("C", "copy the link"),
        ),
    ),
    "access-review": PageHelp(
        "Access review",
        "Everybody who may enter today, and when they last did anything. Recording the review is "
        "an entry of the log; access is taken away where it is given.",
        "auditors#access-review",
    ),
    "retention": PageHelp(
        "Retention and erasure",
        "How long the contract keeps footage, what is over its time, and what was erased for good, "
        "each with its certificate.",
        "auditors#retention-and-erasure",
    ),
    "batches": PageHelp(
        "Batches",
        "Footage that came together, with how far it is, when it is due, and what is left to do.",
        "clients#looking-on",
    ),
    "cameras": PageHelp(
        "Cameras",
        "Sites and cameras, and the zones that events are told of. Zones are drawn on a picture.",
        "clients#first-steps",
    ),
    "clip": PageHelp(
        "A clip",
        "One piece of footage: its state, its tasks, who looked at it. Pictures are looks, so they "
        "are shown when asked for and are written to the log.",
        "clients#who-looked-at-your-footage",
    ),
    "clock": PageHelp(
        "A clock",
        "When the time of a clip ran and when it stood still, and why. Computed from its events, "
        "by the contract that held when it began.",
        "clients#looking-on",
    ),
    "erasing": PageHelp(
        "Erasing",
        "The keys of a clip and of everything made from it are destroyed. You get a signed "
        "certificate; nobody can undo it.",
        "auditors#retention-and-erasure",
    ),
    "footage": PageHelp(
        "Footage",
        "What you sent, by camera and day. Drop files or folders to add some; an upload that broke "
        "off goes on where it was.",
        "clients#sending-footage",
    ),
    "gold": PageHelp(
        "Gold",
        "Work whose right labels are known, mixed into the work of others to measure it. Who works "
        "on it can't tell. A truth that is wrong gets a new version; scores of the old one stay.",
        "clients#looking-on",
    ),
    "truth": PageHelp(
        "The truth of gold",
        "Draw what is right, as one draws a task. Nothing is saved before you make it the next "
        "version; who was measured by this one keeps their scores. The look is in the log.",
        "clients#looking-on",
        (
            *_FRAMES,
            ("B P", "box, polygon"),
            ("K O Q", "keyframe, outside, occluded"),
            ("Ctrl Z", "undo"),
            ("Ctrl Enter", "save the next version"),
            ("F1", "all keys"),
        ),
    ),
    "guidelines": PageHelp(
        "Guidelines",
        "How each label is drawn, in words and pictures. Annotators and reviewers read it beside "
        "the picture while they hold a task of this project.",
        "clients#saying-how-it-is-drawn",
    ),
    "home": PageHelp(
        "Home",
        "Where your footage is, whether it comes on time, how good the labels are, and what waits "
        "for you.",
        "clients",
    ),
    "imports": PageHelp(
        "Labels from outside",
        "A file of labels is read and checked first; nothing is taken over before you say so.",
        "formats",
    ),
    "invoices": PageHelp(
        "Invoices",
        "What is to be paid, line by line, from what was accepted and the agreed prices, less "
        "credits. Each can be computed again.",
        "clients#paying-and-leaving",
    ),
    "key": PageHelp(
        "Key",
        "Who holds the key that your footage is encrypted under.",
        "clients#first-steps",
    ),
    "links-of-client": PageHelp(
        "Who is who",
        "Which tracks of several clips are one object, as it was found.",
        "clients#taking-delivery",
    ),
    "log-entry": PageHelp(
        "An entry",
        "One entry with its place in the tree. Your browser computes the proof itself.",
        "auditors#verifying",
    ),
    "on-time": PageHelp(
        "On time",
        "Each clip against its date: done, forecast with its spread, late. Who may not list the "
        "footage, as the operator may not, sees ids of clips here and no names.",
        "clients#looking-on",
    ),
    "projects": PageHelp(
        "Projects",
        "What is labelled, by which version of which list of labels, how it is reviewed, and who "
        "may do the work.",
        "clients#first-steps",
    ),
    "quality": PageHelp(
        "Quality",
        "How good the labels are, measured on work with known answers; where the errors are; how "
        "lots were inspected.",
        "clients#looking-on",
    ),
    "redaction": PageHelp(
        "Redaction",
        "What is hidden in the copies that leave: faces, plates, heads, sound.",
        "clients#hiding-faces-and-plates",
    ),
    "releases": PageHelp(
        "Releases",
        "Versions of labels to take: accept one, or dispute it at the frames that are wrong. "
        "Silence accepts after the days that the contract names.",
        "clients#taking-delivery",
    ),
    "terms": PageHelp(
        "Terms", "The contract: prices, times, how long things are kept.", "clients#first-steps"
    ),
    "webhook": PageHelp(
        "Webhook",
        "Your server is told of each checkpoint of the log, signed; what was sent is listed.",
        "log#being-sent-every-checkpoint",
    ),
    "witnesses": PageHelp(
        "Witnesses",
        "Who else keeps the log's checkpoints, so that we could not rewrite it unseen.",
        "log#witnessing",
    ),
    # organizations
    "joining": PageHelp(
        "Joining",
        "An application is read by a person; an invitation is for one address and ends by itself.",
    ),
    "members": PageHelp(
        "Members",
        "Who belongs to your organization and what they may do. What a role means is under Roles.",
        "clients#first-steps",
    ),
    "organization": PageHelp(
        "Organization", "Name, address and contact, as they stand on invoices.", "clients"
    ),
    # vendors
    "board": PageHelp(
        "Board",
        "People down, work across, with load, skill, date and quality. Choose tasks and assign "
        "them, or let the planner do it; each decision keeps its reasons.",
        "vendors#managers",
        (
            ("arrows", "move in the grid"),
            ("Space", "choose a column's free tasks"),
            ("A S", "assign, split over the best three"),
            ("P", "pick a person"),
            ("H", "hold"),
            ("W", "why, or why not"),
            ("Z", "take back"),
        ),
    ),
    "people": PageHelp(
        "People",
        "Who works for you: skills and levels, papers and their last days, hours, scores.",
        "vendors#managers",
    ),
    "scores": PageHelp(
        "Scores",
        "How work with known answers turned out, by skill, with how sure that is. Below the "
        "agreed limit a skill is paused until somebody opens it again.",
        "vendors#managers",
    ),
    "statements": PageHelp(
        "Statements", "What a vendor is paid, line by line.", "vendors#managers"
    ),
    # annotators and reviewers
    "adjudicate": PageHelp(
        "Two labellings",
        "Two people labelled the same frames and differ. Look at where, and choose one of the two.",
        "vendors#reviewers",
    ),
    "links": PageHelp(
        "Who is who",
        "Is the object of this track one that was seen elsewhere? Candidates stand beside it with "
        "place and time; what can't be is listed as a contradiction.",
        "vendors#annotators",
        (
            ("J K", "next track, track before"),
            ("← →", "candidate before, next candidate"),
            ("S D U", "the same, another, unsure"),
            ("N", "none of them"),
            ("Ctrl Z", "undo"),
            ("Ctrl Enter", "check and submit"),
            ("Enter", "after that: the next task"),
        ),
    ),
    "masks": PageHelp(
        "Masks",
        "What is hidden in a copy that leaves. Suspicious frames come first; add, move, extend or "
        "drop masks, then sign.",
        "vendors#reviewers",
        (
            ("D F", "one frame back, forward"),
            ("Space", "play or pause"),
            ("J K", "next suspicious frame, the one before"),
            ("N", "draw a mask"),
            ("[ ]", "the mask begins, ends here"),
            ("Del R", "drop it, take it back"),
            ("C", "this one is looked at"),
            ("Ctrl S", "save"),
        ),
    ),
    "my-work": PageHelp(
        "My work",
        "One button gives you the most urgent task that fits you; below are your numbers and what "
        "came back.",
        "vendors#annotators",
    ),
    "quizzes": PageHelp(
        "Quizzes",
        "Work with known answers that raises your level in a skill; open levels say what they ask.",
        "vendors#annotators",
    ),
    "review": PageHelp(
        "Reviewing",
        "Somebody else's finished labels, locked. Pin comments where something is wrong and send "
        "it back, accept it, or correct it yourself: then your changes go with your decision.",
        "vendors#reviewers",
        (
            *_FRAMES,
            ("N P", "next object, object before"),
            ("⇧ N ⇧ P", "next comment, comment before"),
            ("1–9", "pin a standard comment here"),
            ("I", "comment in your own words"),
            ("T", "show what was before, in dashes"),
            ("A B", "accept, send back"),
            ("⇧ C", "correct it yourself"),
            ("Ctrl Enter", "decide"),
            ("Enter", "after that: the next review"),
            ("F1", "all keys"),
        ),
    ),
    "reviews": PageHelp(
        "Reviews",
        "Finished work that waits for a second look, oldest first, and what you decided today. "
        "Your own work is never among it.",
        "vendors#reviewers",
    ),
    "seams": PageHelp(
        "One object or two",
        "Where tasks meet, tracks of both sides are joined. Where that is not certain, a person "
        "says whether it is one object.",
        "vendors#reviewers",
    ),
    "sent-back": PageHelp(
        "Sent back",
        "Why your work came back, frame by frame. If a reason is wrong, dispute it: a third person "
        "decides, without names.",
        "vendors#annotators",
    ),
    "task": PageHelp(
        "A task",
        "Draw each object where it begins and where it ends, then correct in between: between "
        "keyframes a box moves evenly. What you draw is saved as you go.",
        "vendors#annotators",
        (
            *_FRAMES,
            ("B P", "box, polygon"),
            ("N", "draw as the last time"),
            ("arrows", "move by a pixel, with Shift by ten"),
            ("K O Q", "keyframe, outside, occluded"),
            ("X", "an event begins, ends"),
            ("Tab", "next object"),
            ("Ctrl Z", "undo"),
            ("Ctrl Enter", "check and submit"),
            ("Enter", "after that: the next task"),
            ("F1", "all keys"),
        ),
    ),
    # the operator
    "auditors": PageHelp(
        "Auditors", "Who may read whose log, until when, and why.", "operators#bringing-people-in"
    ),
    "desk": PageHelp(
        "Desk",
        "What waits for the operator: applications, trouble, dates.",
        "operators#bringing-people-in",
    ),
    "health": PageHelp(
        "Health",
        "Whether each part answers, how long things wait, and what stands still.",
        "operators#health",
    ),
    "jobs": PageHelp(
        "Jobs",
        "Work that the machine does by itself. What failed too often waits here for a person.",
        "operations#jobs",
    ),
    "keys": PageHelp(
        "Keys", "The organizations' keys and the root key; replacing them.", "operators#keys"
    ),
    "organizations": PageHelp(
        "Organizations",
        "All of them, with their state. One can rest for a reason, or end.",
        "operators#when-an-organization-rests-or-ends",
    ),
    "rates": PageHelp(
        "Rates", "Price cards, from which contracts are drafted.", "operators#prices-and-money"
    ),
}  # fmt: skip
