"""
The sentences on the pages.
"""

from http import HTTPStatus

_BY_STATUS = {
    500: (
        "Oops! Something went wrong. For more information contact your server "
        "administrator."
    ),
    404: "We could not find the resource you were looking for.",
    403: "You do not have permission to access this resource.",
    401: "You need to be logged in to access this resource.",
}
_ALERTS = {
    400: "400: Username cannot be empty",
    401: "401: Invalid Username or Password",
}


def error_message(
    status: int, *, message: str = "", internal: str = "", debug: bool = False
) -> str:
    """
    Return the sentence of an error page: the internal text when `debug` asks for it,
    else the specific message, else one for the status.
    """
    if debug:
        return internal
    return message or _BY_STATUS.get(status, "Unknown error")


def status_title(status: int) -> str:
    """
    Return the standard text of a status, empty for an unknown one.
    """
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def sign_in_alert(status: int) -> str:
    """
    Return what the sign-in page says about the password that was just sent.
    """
    return _ALERTS.get(status, "")
