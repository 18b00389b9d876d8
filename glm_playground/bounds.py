"""What everything that a stranger controls may cost: one name for each limit, used by the code that keeps it.

docs/bounds.md lists them by input, with the test that holds each.
"""

_MB = 1024 * 1024

# Prompts, and what is drawn of any text.
PROMPT_CHARACTERS = 200_000
"""Of a system prompt, of a preset's prompt, and of a prompt in which variables are looked for."""
DRAWN_CHARACTERS = 1_000_000
"""Of one answer, which "Show as text", Copy and the exports have whole."""
DRAWN_FIRST_CHARACTERS = 100_000
"""Of an answer that is longer than that; half of it more is drawn at each request."""
DRAWN_AT_ONCE_CHARACTERS = 24_000
"""Of one answer, as Markdown; what is behind them is shown as it is until its turn has come."""
DRAWN_CHARACTERS_A_SECOND = 25_000
"""Of Markdown that waits for its turn, on one page: an eighth of a browser's time, or more where it is slow."""
DRAWN_PROMPT_CHARACTERS = 20_000
"""Of one prompt, which is drawn again at each click, and is copied and sent whole."""
DRAWN_TEXT_CHARACTERS = 500_000
"""Of a text that is shown as it is."""
DRAWN_LINE_CHARACTERS = 20_000
"""Of one line of Markdown; a longer one is shown as it is, as is all that is above the limits that follow."""
DRAWN_SIGNS = 1_500
"""Signs in one piece of 8,000 characters at most that may open something (`[`, `*`, `` ` ``, `<`, ...)."""
DRAWN_DEPTH = 12
"""Lists and quotes within each other."""
DRAWN_CELLS = 6_000
"""Of the tables in one piece."""
DRAWN_CODE_CHARACTERS = 25_000
"""Of a block of code that is coloured, in which time the page stands still; a longer one has one colour."""
DRAWN_PIECES_KEPT = 1_000
"""Finished pieces of answers, of 8,000 characters at most, whose Markdown is kept for the next rerun."""

# Pages that a model wrote, shown in frames.
MODEL_PAGE_BYTES = _MB
MODEL_PAGES = 8
"""Of one answer that can be shown."""
MODEL_PAGES_BY_ONE = 16
"""Of one owner; the oldest goes."""
MODEL_PAGES_BYTES = 32 * _MB
"""Of all owners together."""
MODEL_PAGE_S = 600.0
"""From when it was drawn last."""

# Formulas, which KaTeX draws in the browser; one above a limit is shown as its source.
FORMULA_CHARACTERS = 2_000
FORMULAS = 60
"""In one piece."""
FORMULAS_CHARACTERS = 4_000
"""Of all formulas in one piece."""
FORMULA_COMMANDS = 200
FORMULA_DEPTH = 12
"""Braces and environments within each other."""
FORMULA_LENGTH_EM = 20
"""The longest that a command may ask for."""

# Schemas, patterns, tools.
SCHEMA_CHECK_S = 2.0
SCHEMA_MEMORY_BYTES = 512 * _MB
"""Of one process that checks."""
SCHEMA_PROCESSES = 2
SCHEMA_JOB_BYTES = 8 * _MB
"""A schema and the answer that is checked by it."""
SCHEMA_CHECKS_WAITING = 16
SCHEMA_PROBLEMS = 20
TOOLS = 128
JSON_DEPTH = 64
"""Of schemas, tools, arguments, bundles, callbacks and tasks."""

# Further fields.
ANSWERS_A_REQUEST = 8
"""What `n` and its like may ask for."""

# Files.
ATTACHMENT_BYTES = 2 * _MB
ATTACHMENTS = 10
IMAGE_BYTES = 4 * _MB
IMAGE_PIXELS = 36_000_000
"""6,000 by 6,000, as Z.ai takes them."""
IMAGES_BYTES = 8 * _MB
"""Of all images in one request, with those of earlier turns."""
ZIP_BYTES = 8 * _MB
FOLDER_ENTRIES = 4_000
"""Of a .zip file, looked at."""
FOLDER_UNPACKED_BYTES = 32 * _MB
"""Of a .zip file, whether taken or not."""
FOLDER_FILES = 300
FOLDER_FILE_BYTES = 512 * 1024
FOLDER_BYTES = 2 * _MB
PDF_BYTES = 16 * _MB
PDF_PAGES = 1_000
PDF_S = 10.0
PDF_MEMORY_BYTES = 768 * _MB
"""Of the process that reads one."""
PDF_PROCESSES = 2
PDFS_WAITING = 8
PRESET_FILE_BYTES = _MB
PRESETS = 200
BUNDLE_FILE_BYTES = 8 * _MB
BUNDLE_UNPACKED_BYTES = 16 * _MB
"""Three answers of 131,072 tokens, the longest that a GLM writes, have 13 MB."""
BUNDLE_PART_BYTES = 12 * _MB
BUNDLE_PARTS = 2_000
BUNDLE_RATIO = 50
"""Unpacked bytes to packed ones, above 1 MB; an answer has 4 to 11."""
BUNDLE_VALUES = 2_000_000
"""A bound on the memory that the JSON takes once read; a comma in a text counts as well."""
BUNDLE_EVENTS = 400_000
"""Of all runs; three of the longest answers, a token an event."""
BUNDLE_EVENTS_A_RUN = 200_000
BUNDLE_SCENARIOS = 100
"""Of a running order."""

# What an owner stores, as it is stored: compressed, with what was deleted and can still be restored.
OWN_RUNS_BYTES = 16 * 1024 * _MB
"""Of the runs of an owner, without those that were deleted; what comes then is open until the page is closed."""
WORKBENCH_BYTES = 16 * _MB
"""Of one workbench, and of all presets of an owner, before they are compressed."""
OWN_WORKBENCHES = 2_000
OWN_WORKBENCHES_BYTES = 256 * _MB
"""Of all of an owner, with the running order."""
OWN_VOTES = 20_000
TASK_LOOKUPS = 10
"""What a gateway answered about one task: the newest."""
BALANCES = 1_000
"""Readings of the balance at one gateway: the newest."""

# The lanes of a link and of a workbench.
LANES = 6
LINK_CHARACTERS = 500
"""Of one lane in an address."""
MODEL_CHARACTERS = 200
GATEWAY_CHARACTERS = 40
"""Of a gateway's name."""
GATEWAYS = 20
GATEWAY_MODELS = 200
"""That the operator's file describes, a gateway."""
GATEWAYS_FILE_BYTES = 256 * 1024
LISTED_MODELS = 300
"""Of one gateway's list that the model box offers; others can be typed."""
LISTING_PAGES = 50
LISTING_BYTES = 32 * _MB
"""Of all pages of one gateway's list; at that size no further one is asked for."""
REPEATS = 5
TOOL_CALLS = 256
"""Of one answer that are read."""
TOOL_ROUNDS = 5
"""Calls of built-in tools that are answered in a row without asking."""

# What a gateway sends.
STREAM_LINE_BYTES = 8 * _MB
BODY_BYTES = 32 * _MB
ERROR_BYTES = 64 * 1024
TASK_BYTES = 4 * _MB
HEADER_CHARACTERS = 200
CALLBACK_BYTES = _MB
CALLBACK_AGE_S = 300
CALLBACK_S = 10.0
"""For its body to come."""
CALLBACKS = 32
"""At once."""

# What a browser sends.
UPLOADED_BYTES_A_SESSION = 64 * _MB
UPLOADED_BYTES = 128 * _MB
"""Of all sessions together."""
UPLOADED_FILE_LEAST_BYTES = 4096
"""What a file counts for beside its content."""
UPLOADS_A_SESSION = 12
"""At once: as many files as a prompt takes, and some."""
UPLOADS = 48
UPLOAD_SILENCE_S = 15.0
"""Between two pieces of a file."""
UPLOAD_S = 600.0
REFUSED_RUNS = 20
"""Of an owner within an hour that are stored; one more counts the others."""
ANSWERS_BYTES = 256 * _MB
"""Of the answers that are being sent, for readers may take theirs slowly;"""
ANSWERS_BYTES_AN_ADDRESS = 64 * _MB
"""of these to one address. What comes in parts counts as one of them, and each as a piece at least."""
ANSWER_PIECE_BYTES = 64 * 1024
"""Handed to the server at once;"""
ANSWER_PIECE_S = 30.0
"""for it to be taken."""
ANSWER_S = 600.0
"""For an answer to be taken whole."""
MEDIA_FILES = 200
"""The newest that were sent to an owner and may be asked for."""
MEDIA_OWNERS = 2000
HEAD_S = 10.0
"""For the head of a request to come, from the connection on or from its first byte."""
HEADS = 500
"""Connections without one at once; the oldest makes room."""
COOKIE_CHARACTERS = 200
COOKIES = 4
"""Of one name that are read."""

# Suites of cases.
SUITE_FILE_BYTES = 16 * _MB
SUITE_VALUES = 500_000
"""Of a suite in YAML, each one counted where an alias stands for it."""
SUITE_CASES = 20_000
SUITE_NAME_CHARACTERS = 200
SUITE_CHECKS = 50
"""Of one case."""
SUITE_ATTACHED_BYTES = 32 * _MB
"""Of all files that its cases send, as they were read."""
OWN_SUITES = 100
"""Of one owner, in the database."""
OWN_SUITES_BYTES = 128 * _MB
"""Of all of them, compressed."""
OWN_SUITE_CASES = 1_000
OWN_SUITE_BYTES = 8 * _MB
"""Of one suite, as JSON with its attachments: the largest image fits."""
PATTERN_CHARACTERS = 4_000
"""Of a check's pattern."""
CODE_CHARACTERS = 200_000
"""Of an answer's code, and of its tests, that are run."""
CODE_S = 10.0
CODE_MEMORY_BYTES = 256 * _MB
"""Of one process that runs code; it starts no other."""
CODE_FOLDER_BYTES = 16 * _MB
"""Of all its files, which are in memory."""
CODE_FILES = 32
"""That it has open at once."""
CODE_THREADS = 16
"""In all processes of its user, which may be those that run at once."""
CODE_REPLY_BYTES = 65_536
CODE_PROCESSES = 2
CODE_WAITING = 16
"""Codes at once, with those that run."""
JUDGE_REPLY_CHARACTERS = 20_000
"""Of a judge's reply that is read; a longer one is nonsense."""

# What a model asks of the facts, over MCP and over HTTP.
MCP_MODELS = 20
"""Of one question."""
MCP_TOKENS = 10_000_000
"""A request or day of a workload."""
API_ROOTS = 16
"""Addresses of the app under which documents that name it are kept written."""

# Evaluations.
EVALUATION_CELLS = 200_000
"""Cases times prompts, candidates and repeats."""
EVALUATION_CANDIDATES = 20
EVALUATION_REPEATS = 100
EVALUATION_AT_ONCE = 16
"""Requests at once at one gateway, where nobody says another number."""
EVALUATION_MOST_AT_ONCE = 128
EVALUATION_WAIT_S = 300.0
"""A gateway that asks to wait for longer is asked no more until the evaluation is resumed."""
EVALUATION_REFUSALS = 8
"""Bursts of refusals in a row, without an answer between, after which a gateway is asked no more."""
EVALUATION_FAILURES = 20
"""Failures in a row after which a candidate is asked no more."""
OWN_EVALUATIONS = 2_000
"""Of one owner, in the database."""
OWN_EVALUATIONS_BYTES = 256 * _MB
"""Of their suites, compressed, and of their candidates."""
OWN_EVALUATIONS_CELLS = 1_000_000
"""Of all of them."""
PROBE_CONTEXT_TOKENS = 2_000_000
"""A longer context, as a gateway lists it, is not filled by a probe."""
PROBE_EVALUATIONS = 500
"""The newest evaluations of an owner that are looked through for probes."""

# Votes.
VOTE_CANDIDATES = 40
"""That two are drawn from."""
VOTES_READ = 20_000
"""The newest of an owner that count in the standings and are exported."""

# What anybody may open without a session: shared links, and votes of an audience.
LINKS = 20
"""Of one owner at a time."""
LINK_BYTES = 4 * _MB
"""Of one page that is shared."""
LINKS_BYTES = 256 * _MB
"""Of all that are shared, compressed."""
LINK_TITLE_CHARACTERS = 200
PUBLIC_REQUESTS = 300
"""At once from one address; after that so many a second:"""
PUBLIC_REQUESTS_A_SECOND = 20.0
PUBLIC_ADDRESSES = 10_000
"""That are counted; the one that asked longest ago is forgotten."""
PUBLIC_AT_ONCE = 64
"""Requests that wait for the database."""
PUBLIC_SENT_BYTES = 64 * _MB
"""Of the pages that are being sent, for readers may take theirs slowly;"""
PUBLIC_SENT_BYTES_AN_ADDRESS = 16 * _MB
"""of these to one address."""
PUBLIC_SEND_S = 60.0
"""For a page to be taken whole."""
BALLOT_BYTES = 1_024
"""Of what a voter's browser sends."""
BALLOT_S = 10.0
"""For it to come."""
BALLOTS = 60
"""At once from one address; after that so many a second:"""
BALLOTS_A_SECOND = 5.0
POLLS = 50
"""Of one owner that are kept."""
POLL_S = 3_600.0
"""That a poll takes votes unless it is closed before."""
POLL_DAYS = 7
"""That a poll is kept with its votes."""
POLL_VOTES = 2_000
POLL_VOTES_AN_ADDRESS = 300
"""A room may share one address."""
POLL_TEXT_CHARACTERS = 100_000
"""Of the question, and of each answer, that a poll keeps, so that the stage has them."""
POLL_CHARACTERS = 8_000
"""Of the question, and of each answer, that are shown to voters."""

# Reports.
REPORT_RUNS = 100
REPORT_TITLE_CHARACTERS = 200
"""Of its title, and of its author."""
REPORT_PURPOSE_CHARACTERS = 2_000
REPORT_CONCLUSION_CHARACTERS = 10_000
REPORT_TEXT_CHARACTERS = 20_000
"""Of one text: an answer, a prompt, the arguments of a call, an error; the rest is in a bundle."""
REPORT_CHARACTERS = 600_000
"""Of all texts; the longest are cut first."""
REPORT_TEXT_LINES = 600
REPORT_LINES = 12_000
REPORT_TABLE_CELLS = 400
"""Of one table in an answer, in documents and slides; a larger one is its text."""
REPORT_TABLES_CELLS = 4_000
"""Of all tables in the answers of one document."""
REPORT_MODELS = 8
"""Whose published facts stand beside each other."""
REPORT_PAIRS = 30
"""Of candidates of an evaluation, with a sentence each."""
REPORT_JUDGED_PAIRS = 60
"""Of answers, with the judge's word on each; an export has them all."""
REPORT_CASES = 60
"""Of an evaluation, a row each; an export has them all."""
REPORT_EXAMPLES = 8
"""Cases of an evaluation whose answers are shown."""
REPORT_EXAMPLE_ANSWERS = 6
"""To each of them, and candidates with a column in the table of cases."""
