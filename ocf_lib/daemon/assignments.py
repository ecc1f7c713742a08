"""Environment variables as text, NAME=value: in an environment file of systemd, and as systemctl prints them."""

from __future__ import annotations

# systemctl(1) writes characters that cannot be printed as C does.
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def is_name(text: str) -> bool:
    """Is this the name of an environment variable?"""
    return text.isascii() and text.isidentifier()


def of_words(words: list[str]) -> dict[str, str]:
    """The variables of words NAME=value; any other word is left out."""
    pairs = [word.partition("=") for word in words]
    return {name: value for name, equals, value in pairs if equals and is_name(name)}


def of_file(text: str) -> dict[str, str]:
    """The variables of an environment file, by the rules of systemd.exec(5), EnvironmentFile.

    A line without "=" is left out, and so is a line with ``export``: systemd does the same.
    """
    found, place = {}, 0
    text = text.replace("\r\n", "\n")
    while place < len(text):
        line = text[place:].partition("\n")[0]
        name, equals, _ = line.partition("=")
        if not equals or name.lstrip()[:1] in ("", "#", ";"):
            place += len(line) + 1
            continue
        value, place = _value(text, place + len(name) + 1)
        if is_name(name.strip()):
            found[name.strip()] = value
    return found


def of_property(text: str) -> dict[str, str]:
    """The variables of the property Environment, as ``systemctl show`` prints it.

    systemctl quotes a word with blanks or special characters: "TWO=a b", "SUM=5\\$".
    """
    import re  # 5 ms, and only a start comes here

    def plain(match: re.Match[str]) -> str:
        code = match.group(1)
        return chr(int(code, 8)) if len(code) == 3 else _ESCAPED.get(code, code)

    pairs = re.findall(r'"((?:\\.|[^"\\])*)"|([^\s"]+)', text)
    return of_words([bare or re.sub(r"\\([0-7]{3}|.)", plain, quoted) for quoted, bare in pairs])


def _value(text: str, place: int) -> tuple[str, int]:
    """The value that begins at *place*, and the place where the next line begins.

    A value begins with quoted parts, and then an unquoted part may follow.  In
    the unquoted part, a quote is an ordinary character.
    """
    value, length, quote, unquoted = "", 0, "", False
    while place < len(text):
        char, after = text[place], text[place + 1 : place + 2]
        place += 1
        if char == "\\" and quote != "'":
            place += 1
            # A backslash hides the end of a line.  In double quotes, it stays before an ordinary character.
            value += "" if after == "\n" else after if not quote or after in '"\\`$' else char + after
            unquoted = unquoted or not quote
        elif quote:
            if char != quote:
                value += char
            else:
                quote = ""
        elif char == "\n":
            break
        elif char in "'\"" and not unquoted:
            quote = char
            continue
        elif char.isspace():
            # Blanks count only inside the unquoted part.
            value += char if unquoted else ""
            continue
        else:
            value += char
            unquoted = True
        length = len(value)
    return value[:length], place
