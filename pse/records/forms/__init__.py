"""Forms for phones and tablets, made from the declared tables: Kobo and ODK read them."""

from pse.records.forms.build import FORMS, Form
from pse.records.forms.choices import spots_with_personal_names
from pse.records.forms.prepared import read_prepared
from pse.records.forms.xlsform import is_as_written, write_forms

__all__ = ["FORMS", "Form", "is_as_written", "read_prepared", "spots_with_personal_names", "write_forms"]
