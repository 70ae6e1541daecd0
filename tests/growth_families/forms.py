"""Forms of profiles: what servers, devices and their tools hand out."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from growth_families.family import LONG, ONE_TEXT, Family, urls
from growth_families.files import loading
from loading_samples import CREDENTIAL, DECLARATION, REDIRECT, SSO, dumped, profile, xml


def dump(size: int) -> bytes:
    listed = [dumped(f"2025-01-01 10:00:{n % 60:02} +0000", f"p{n}", REDIRECT) for n in range(size)]
    return xml({"_computerlevel": listed})


def dump_of_users(size: int) -> bytes:
    return xml({f"user{n}": [dumped(None, f"p{n}", REDIRECT)] for n in range(size)})


def profile_list(size: int) -> bytes:
    listed = [profile(REDIRECT, PayloadIdentifier=f"p{n}") for n in range(size)]
    return xml({"ProfileList": listed, "Status": "Acknowledged"})


def mdm_command(size: int) -> bytes:
    inner = xml(profile(*[CREDENTIAL] * size))
    return xml({"Command": {"RequestType": "InstallProfile", "Payload": inner}})


def mdm_command_in_text(size: int) -> bytes:
    inner = base64.b64encode(xml(profile(*[CREDENTIAL] * size))).decode()
    return xml({"Command": {"RequestType": "InstallProfile", "Payload": inner}})


def preferences(size: int) -> bytes:
    return xml({"Type": "Redirect", "ExtensionIdentifier": "com.example.sso", "URLs": urls(size)})


def declaration(size: int) -> bytes:
    payload = DECLARATION["Payload"] | {"URLs": urls(size)}
    return json.dumps(DECLARATION | {"Payload": payload}).encode()


def device_features(size: int) -> bytes:
    extension = {
        "@odata.type": "#microsoft.graph.macOSRedirectSingleSignOnExtension",
        "extensionIdentifier": "com.example.sso",
        "teamIdentifier": "EXAMPLE123",
        "urlPrefixes": urls(size),
    }
    kind = "#microsoft.graph.macOSDeviceFeaturesConfiguration"
    return json.dumps({"@odata.type": kind, "macOSSingleSignOnExtension": extension}).encode()


def setting(name: str, value: str) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
        "settingDefinitionId": f"com.apple.extensiblesso_{name}",
        "simpleSettingValue": {"value": value},
    }


def catalog(*children: dict[str, Any]) -> bytes:
    instance = {
        "settingDefinitionId": "com.apple.extensiblesso_com.apple.extensiblesso",
        "groupSettingCollectionValue": [{"children": list(children)}],
    }
    policy = {"name": "SSO", "platforms": "macOS", "settings": [{"settingInstance": instance}]}
    return json.dumps(policy).encode()


def catalog_of_urls(size: int) -> bytes:
    items = [{"value": url} for url in urls(size)]
    listed = {
        "settingDefinitionId": "com.apple.extensiblesso_urls",
        "simpleSettingCollectionValue": items,
    }
    return catalog(setting("extensionidentifier", "com.example.sso"), listed)


def catalog_of_settings(size: int) -> bytes:
    return catalog(*(setting(f"unknown{number}", "x") for number in range(size)))


def list_of_policies(size: int) -> bytes:
    one = json.loads(catalog_of_urls(1))
    return json.dumps({"value": [one] * size}).encode()


def blueprint(*configurations: dict[str, Any]) -> bytes:
    components = [
        {"identifier": "com.jamf.ddm-strict", "configuration": configuration}
        for configuration in configurations
    ]
    return json.dumps({"name": "SSO", "steps": [{"components": components}]}).encode()


JAMF: Final = {
    "kind": "CONFIGURATION",
    "channelType": "SYSTEM",
    "type": DECLARATION["Type"],
    "payload": DECLARATION["Payload"],
}


def system_profiler(*profiles: dict[str, Any]) -> dict[str, Any]:
    name = "spconfigprofile_section_deviceconfigprofiles"
    return {"_name": name, "_items": list(profiles)}


def listed(number: int, payload: str) -> dict[str, Any]:
    inner = {"_name": SSO, "spconfigprofile_payload_data": payload}
    return {"_name": f"p{number}", "_items": [inner]}


SMALL: Final = '{ Type = Redirect; ExtensionIdentifier = a; URLs = ("https://h/"); }'


def report_of_profiles(size: int) -> bytes:
    groups = [system_profiler(*(listed(number, SMALL) for number in range(size)))]
    return json.dumps({"SPConfigurationProfileDataType": groups}).encode()


def report_as_plist(size: int) -> bytes:
    groups = [system_profiler(*(listed(number, SMALL) for number in range(size)))]
    return xml([{"_dataType": "SPConfigurationProfileDataType", "_items": groups}])


def report_of_urls(size: int) -> bytes:
    quoted = ", ".join(f'"{url}"' for url in urls(size))
    groups = [system_profiler(listed(0, f"{{ Type = Redirect; URLs = ({quoted}); }}"))]
    return json.dumps({"SPConfigurationProfileDataType": groups}).encode()


def report_of_a_string(size: int) -> bytes:
    groups = [system_profiler(listed(0, '{ Type = "' + "\\U00e9" * size + '"; }'))]
    return json.dumps({"SPConfigurationProfileDataType": groups}).encode()


FAMILIES: Final = [
    Family("dump, many profiles", 20, loading(dump), quick=True),
    Family("dump, many users", 20, loading(dump_of_users)),
    Family("MDM, many profiles", 20, loading(profile_list)),
    Family("MDM, a command", 40, loading(mdm_command)),
    Family("MDM, a command as text", 40, loading(mdm_command_in_text)),
    Family("preferences, many URLs", 100, loading(preferences)),
    Family("declaration, many URLs", 100, loading(declaration)),
    Family("Intune, device features", 100, loading(device_features)),
    Family("Intune, many URLs", 100, loading(catalog_of_urls), quick=True),
    Family("Intune, many settings", 50, loading(catalog_of_settings)),
    Family("Intune, many policies", 20, loading(list_of_policies)),
    Family(
        "Jamf, many declarations",
        20,
        loading(lambda n: blueprint({"declarations": [JAMF] * n})),
        quick=True,
    ),
    Family(
        "Jamf, many components", 20, loading(lambda n: blueprint(*[{"declarations": [JAMF]}] * n))
    ),
    Family("System Profiler, many profiles", 20, loading(report_of_profiles), quick=True),
    Family("System Profiler, many profiles as XML", 20, loading(report_as_plist)),
    Family("System Profiler, many URLs", 50, loading(report_of_urls)),
    Family("System Profiler, escapes", 500, loading(report_of_a_string)),
    Family(
        "System Profiler, a long comment",
        LONG,
        loading(
            lambda n: json.dumps(
                {
                    "SPConfigurationProfileDataType": [
                        system_profiler(listed(0, "{ /*" + "x* " * n + "*/ }"))
                    ]
                }
            ).encode()
        ),
        tolerance=ONE_TEXT,
    ),
]
