"""`echowall simulator`: run a WeChat to develop against, on this machine only."""

from typing import Annotated

import typer

from app.core.settings import SettingsError, get_settings


def simulator(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8010,
    push_url: Annotated[
        str | None, typer.Option(help="Where events are pushed to; the API on ECHOWALL_PORT unless given.")
    ] = None,
) -> None:
    """Run the WeChat simulator: the code sim-NAME-ANYTHING logs in the user NAME; /_simulator shows what it sees.

    Raises SettingsError in production, where it would let anybody log in as anybody.
    """
    import uvicorn

    from app.core import logging
    from app.wechat import templates
    from app.wechat.simulator import Habits, Template, create_simulator

    settings = get_settings()
    if settings.env == "production":
        raise SettingsError("The WeChat simulator lets anybody in as anybody: unset ECHOWALL_ENV=production to run it.")
    logging.configure(settings)
    habits = Habits(
        push_url=push_url or f"http://127.0.0.1:{settings.port}/wechat/push",
        push_token=settings.wechat_push_token.get_secret_value(),
        push_aes_key=settings.wechat_push_aes_key.get_secret_value(),
    )
    forms = templates.load(settings).forms.values()
    chosen = [
        Template(template_id=form.template.id, title=form.template.title, fields=dict.fromkeys(form.fields, ""))
        for form in forms
    ]
    app = create_simulator(settings.wechat_appid, settings.wechat_secret.get_secret_value(), habits, chosen)
    print(f"WeChat simulator on http://127.0.0.1:{port}/_simulator; log in with a code like sim-小李-1")
    # The access log would write the AppSecret, which travels in query strings.
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_config=None)
