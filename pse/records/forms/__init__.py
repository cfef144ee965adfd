"""Forms for phones and tablets, made from the declared tables: Kobo and ODK read them."""

from pse.records.forms.build import FORMS, Form
from pse.records.forms.xlsform import write_forms

__all__ = ["FORMS", "Form", "write_forms"]
