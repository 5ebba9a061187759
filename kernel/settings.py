"""All settings: one typed, frozen object, the only reader of the environment.

A default stands here only where it is right for production and fit for the public. A secret
has none: where it is missing, the service does not start and says which variable to set.
"""

import re
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

_ADDRESS = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")
# The host stands in the pages' policy: nothing but a name and a port.
_TILES = re.compile(r"https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?/[^\s\"'<>;,]*")


class BadSettings(Exception):
    """The environment does not make a service; the text names each variable and its fault."""


class Settings(BaseSettings):
    """The service's settings, each an environment variable with the prefix `BAIXING_`."""

    model_config = SettingsConfigDict(
        env_prefix="BAIXING_",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,  # `BAIXING_SECRET_KEY=` sets nothing
    )

    # Addresses may hold a password: they are not shown with the object.
    database_url: str = Field(
        repr=False, description="SQLAlchemy URL of PostgreSQL (postgresql+psycopg://…)"
    )
    broker_url: str = Field(
        default="", repr=False, description="Celery broker; empty: the same database"
    )
    secret_key: SecretStr = Field(description="signs forms and cookies; 32 characters or more")
    public_url: str = Field(description="address residents reach us at, without a final slash")
    blob_dir: Path = Field(description="folder for photos")

    wechat_app_id: str = Field(description="AppID of the public account")
    wechat_app_secret: SecretStr = Field(description="AppSecret of the public account")
    wechat_token: SecretStr = Field(description="Token of the server configuration")
    wechat_aes_key: SecretStr = Field(description="EncodingAESKey, 43 characters")
    wechat_mode: Literal["secure", "compatible", "plaintext"] = Field(
        default="secure", description="as chosen in the platform's server configuration"
    )
    wechat_api_base: str = Field(
        default="https://api.weixin.qq.com", description="address of the platform's API"
    )
    wechat_oauth_base: str = Field(
        default="https://open.weixin.qq.com",
        description="where a resident's browser asks the platform who he is; http:// only the simulator's",
    )
    wechat_js_sdk: bool = Field(
        default=False,
        description="pages in WeChat's browser load its script from res.wx.qq.com, for its map",
    )
    wechat_window_s: int = Field(
        default=600, ge=30, le=3600, description="how old a delivery's timestamp may be, seconds"
    )
    wechat_location_datum: Literal["gcj02", "wgs84"] = Field(
        default="gcj02", description="datum of location messages; the platform does not say"
    )
    wechat_callback_addresses: str = Field(
        default="",
        description="take deliveries from these addresses only (networks, commas); empty: from all",
    )
    wechat_template_id: str = Field(
        default="", description="template for notices outside the 48-hour window; empty: none"
    )
    wechat_template_fields: str = Field(
        default="character_string1,phrase2,time3,thing4",
        description="the template's fields for number, status, time and remark, in this order",
    )

    wechat_subscription_template_id: str = Field(
        default="", description="subscription notice for those who agreed to it; empty: none"
    )
    wechat_subscription_fields: str = Field(
        default="character_string1,phrase2,time3,thing4",
        description="its fields for number, status, time and remark, in this order",
    )
    wechat_subscription_kind: Literal["once", "lasting"] = Field(
        default="once", description="whether a consent to it is good for one notice or for all"
    )

    keep_words_days: int = Field(
        default=7, ge=1, le=90, description="how long residents' messages are kept as they came"
    )
    keep_messages_days: int = Field(
        default=30,
        ge=1,
        le=400,
        description="how long we know that a message was handled, and our answer",
    )
    keep_notices_days: int = Field(
        default=180,
        ge=31,
        le=3650,
        description="how long notices that were sent or given up are kept",
    )
    keep_loose_days: int = Field(
        default=7,
        ge=1,
        le=90,
        description="how long drafts, and photos that are part of no report, are kept",
    )

    wechat_staff_hours: str = Field(
        default="",
        pattern=r"^([01]\d:[0-5]\d-[0-2]\d:[0-5]\d)?$",
        description="when people answer in the account's own desk (09:00-18:00); empty: never",
    )
    district_name: str = Field(default="重庆市江北区", description="shown on pages and in chat")
    report_prefix: str = Field(
        default="JB", pattern=r"^[A-Z]{2}$", description="two letters that begin report numbers"
    )
    open311_jurisdiction: str = Field(
        default="500105", description="our jurisdiction_id in Open311; clients may leave it out"
    )
    exchange_private_addresses: bool = Field(
        default=False,
        description="webhooks, photos of Open311 clients and the gateway may use private addresses",
    )
    gateway: Literal["", "open311", "soap"] = Field(
        default="", description="how another city platform is told of cases; empty: there is none"
    )
    gateway_url: str = Field(default="", description="the other platform's address")
    gateway_account: str = Field(
        default="", description="our SPID there; with Open311 its jurisdiction_id, if it wants one"
    )
    gateway_secret: SecretStr = Field(
        default=SecretStr(""), description="our SPPWD there; with Open311 our api_key"
    )
    gateway_from: Literal["report", "file", "dispatch"] = Field(
        default="dispatch", description="the step with which a case is handed over"
    )
    hotline: str = Field(default="12319", description="telephone number given to residents")
    vocabulary_file: str = Field(
        default="", description="further words for the chat, in the form of vocabulary.toml"
    )
    class_words_file: str = Field(
        default="", description="further words for the classes, in the form of class_words.toml"
    )
    session_hours: int = Field(default=12, ge=1, le=72, description="length of a staff session")
    second_factor: Literal["optional", "required"] = Field(
        default="optional", description="whether staff need a second factor to sign in"
    )
    audit_days: int = Field(
        default=400, ge=180, description="how long the desk's audit log is kept, days"
    )
    seal_keys: SecretStr = Field(
        default=SecretStr(""),
        description="secrets that seal the points ledger: number:secret, commas; the largest seals",
    )
    credit_url: str = Field(
        default="", description="address of the provider of phone credit; empty: orders wait"
    )
    credit_secret: SecretStr = Field(
        default=SecretStr(""),
        validate_default=True,
        description="what the provider of phone credit and we sign with",
    )
    cookie_secure: bool = Field(default=True, description="cookies over HTTPS only")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    is_demo: bool = Field(default=False, description="pages say that the data is a demonstration")
    metrics_token: SecretStr = Field(
        default=SecretStr(""), description="bearer token of /metrics; empty: this machine only"
    )
    trusted_proxies: int = Field(
        default=0, ge=0, le=3, description="reverse proxies in front of us that set X-Forwarded-*"
    )

    nearest_engine: Literal["memory", "postgis"] = Field(
        default="memory",
        description="what finds the nearest facilities; postgis: for tens of millions, docs/facilities.md",
    )
    map_tiles: str = Field(
        default="",
        description="map tiles for residents' pages (https://host/{z}/{x}/{y}.png); empty: our own drawing alone",
    )
    map_tiles_credit: str = Field(
        default="", max_length=200, description="whose tiles they are, shown on the map"
    )
    map_tiles_datum: Literal["wgs84", "gcj02"] = Field(
        default="wgs84", description="datum of the tiles; gcj02: Amap's and Tencent's"
    )
    feeds_private_addresses: bool = Field(
        default=False,
        description="feeds of live parking may be fetched from private addresses, for a feed in the house",
    )

    @field_validator("credit_secret")
    @classmethod
    def _long_where_used(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("credit_url") and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters where BAIXING_CREDIT_URL is set")
        return value

    @field_validator("public_url", "wechat_api_base", "wechat_oauth_base", "credit_url")
    @classmethod
    def _address_without_final_slash(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.field_name == "credit_url":
            return value
        if not _ADDRESS.fullmatch(value):
            raise ValueError("must be http:// or https://, a host name, and no query")
        return value.rstrip("/")

    @field_validator("map_tiles")
    @classmethod
    def _tiles(cls, value: str) -> str:
        if value and not (
            _TILES.fullmatch(value) and all(f"{{{each}}}" in value for each in "zxy")
        ):
            raise ValueError(
                "must be http:// or https://, a plain host, and {z}, {x}, {y} in the path"
            )
        return value

    @model_validator(mode="after")
    def _gateway_has_an_address(self) -> Self:
        if self.gateway and not _ADDRESS.fullmatch(self.gateway_url):
            raise ValueError("BAIXING_GATEWAY needs BAIXING_GATEWAY_URL, http:// or https://")
        return self

    @field_validator("wechat_template_fields", "wechat_subscription_fields")
    @classmethod
    def _four_names(cls, value: str) -> str:
        if len([name for name in value.split(",") if name.strip()]) != 4:
            raise ValueError("must be four names with commas between them")
        return value

    @field_validator("wechat_callback_addresses")
    @classmethod
    def _networks(cls, value: str) -> str:
        for each in filter(None, (part.strip() for part in value.split(","))):
            try:
                ip_network(each, strict=False)
            except ValueError:
                raise ValueError("must be addresses or networks with commas between them") from None
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value

    @field_validator("seal_keys")
    @classmethod
    def _numbered_secrets(cls, value: SecretStr) -> SecretStr:
        numbers = set()
        for each in filter(None, value.get_secret_value().split(",")):
            number, _, words = each.partition(":")
            if not re.fullmatch(r"[1-9]\d{0,3}", number) or len(words) < 32 or number in numbers:
                raise ValueError("must be number:secret, with 32 characters or more, and commas")
            numbers.add(number)
        return value

    @property
    def seal_keys_by_number(self) -> dict[int, str]:
        """The secrets that seal the points ledger."""
        parts = filter(None, self.seal_keys.get_secret_value().split(","))
        pairs = (each.partition(":") for each in parts)
        return {int(number): words for number, _, words in pairs}

    @property
    def template_fields(self) -> tuple[str, ...]:
        """The template's fields for number, status, time and remark."""
        return tuple(name.strip() for name in self.wechat_template_fields.split(","))

    @property
    def subscription_fields(self) -> tuple[str, ...]:
        """The subscription notice's fields for number, status, time and remark."""
        return tuple(name.strip() for name in self.wechat_subscription_fields.split(","))

    @property
    def broker(self) -> str:
        """The broker's URL: as set, or the service's own database through kombu."""
        return self.broker_url or f"sqla+{self.database_url}"


def load() -> Settings:
    """Read the environment; raise BadSettings with one line for each fault."""
    try:
        return Settings()  # type: ignore[call-arg]  # the environment gives the arguments
    except ValidationError as faults:
        lines = [
            f"BAIXING_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in faults.errors()
        ]
        # `from None`: pydantic's own text quotes the values, secrets among them.
        raise BadSettings("\n".join(lines)) from None


@lru_cache(maxsize=1)
def current() -> Settings:
    """Return this process's settings, read once."""
    return load()
