"""A rough reading of C++ text: its functions and their lengths, declarations without comment."""

import re

# Comments and literals. Raw strings first, since their content may look like anything.
NOISE = re.compile(
    r'R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"'
    r"|//[^\n]*"
    r"|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
NOT_A_FUNCTION = re.compile(
    r"^\s*(?:template\s*<.*>\s*)?(?:inline\s+)?(?:namespace|class|struct|union|enum|concept)\b",
    re.DOTALL,
)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_noise(text):
    """The text with comments and literals blanked, line breaks kept."""
    return NOISE.sub(_blank, text)


def _kind(header, before_brace):
    """What a brace opens, judged by the text since the last statement."""
    if NOT_A_FUNCTION.match(header) or ("extern" in header and "(" not in header):
        return "scope"
    if "(" in header:
        # `member_{1}` in a constructor's list of initialisers: no space before the brace.
        return "function" if before_brace.isspace() else "init"
    return "other"


def functions(text):
    """(first line, last line) of every function outside of other functions."""
    text = PREPROCESSOR.sub(_blank, without_noise(text))
    stack = []  # of (kind, line where the declaration starts)
    header_start = 0
    for match in re.finditer(r"[{};]", text):
        at, mark = match.start(), match.group()
        inside_code = any(kind in ("function", "other", "init") for kind, _ in stack)
        if mark == "{":
            kind = "other"
            header = text[header_start:at]
            if not inside_code:
                kind = _kind(header, text[at - 1] if at else " ")
            first = header_start + len(header) - len(header.lstrip())
            stack.append((kind, text.count("\n", 0, first) + 1))
        elif mark == "}" and stack:
            kind, first = stack.pop()
            if kind == "function":
                yield first, text.count("\n", 0, at) + 1
            if kind == "init":
                continue
        if not (stack and stack[-1][0] == "init"):
            header_start = at + 1


DECLARATION = re.compile(r"^[A-Za-z\[]")
UNDOCUMENTED_IS_FINE = re.compile(
    r"^(?:namespace|using|enum|extern template|static_assert|public|private|protected|RONDO_)\b"
    r"|^(?:class|struct|union)\s+\w+;"  # a forward declaration
    r"|.*\b(?:to_string|operator\W+)\("  # their names are their contracts
    r"|^template\s*<.*>\s*(?:class|struct)\s+\w+;"
    r"|^[^(]*\b\w+(?:<[^()]*>)?::~?\w+\s*\("  # a member defined out of its class
)


def undocumented(text):
    """Lines of declarations at namespace scope that follow a blank line without a `///` between.

    A group without blank lines shares the comment above its first declaration; members that explain
    themselves with `///<` explain their class. Enumerations and operators may speak for themselves.
    What a namespace called detail holds is nobody's interface. Relies on the format of this
    repository: namespaces don't indent.
    """
    lines = text.split("\n")
    plain = without_noise(text).split("\n")
    detail = False
    for number, line in enumerate(plain):
        if re.match(r"^namespace\s+[\w:]*detail\b", line):
            detail = True
        elif re.match(r"^}\s*//\s*namespace\s+[\w:]*detail\b", lines[number]):
            detail = False
        previous = lines[number - 1].strip() if number else ""
        starts_group = previous == "" or re.match(r"^(?:namespace\b.*{|//(?!/).*)$", previous)
        if detail or not starts_group or not DECLARATION.match(line):
            continue
        whole = line
        if line.startswith("template") and number + 1 < len(plain):
            whole += " " + plain[number + 1].strip()  # the name stands on the next line
        if "{" in whole and "///<" in "\n".join(lines[number:]).partition("\n}")[0]:
            continue
        if not UNDOCUMENTED_IS_FINE.match(whole):
            yield number + 1
