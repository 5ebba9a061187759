"""The shape of JSON answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from .workflow import Status


class StepAnswer(BaseModel):
    status: Status
    words: str = Field(description="the step in Chinese, as the resident reads it")
    at: datetime
    body_name: str | None
    note: str | None = Field(description="only with the right key")


class PhotoAnswer(BaseModel):
    purpose: str = Field(description="report | verify | disposal | check")
    state: str = Field(description="pending | stored | refused | lost")
    url: str | None = Field(description="set when stored")
    width: int | None = Field(description="pixels")
    height: int | None = Field(description="pixels")


class ReportAnswer(BaseModel):
    """A report as its page shows it."""

    report_no: str
    status: Status
    status_words: str
    next_words: str = Field(description="what happens next, in Chinese")
    reported_at: datetime
    promised_at: datetime | None = Field(
        description="when the body is to be done, if it is running"
    )
    answer_due_at: datetime | None = Field(description="the latest day of the answer, by law")
    steps: list[StepAnswer]
    is_owner: bool = Field(
        description="whether the key was right; without it, details are left out"
    )
    text: str | None
    place_label: str | None
    photos: list[PhotoAnswer]
