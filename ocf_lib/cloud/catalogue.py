"""Which endpoint of Keystone's catalogue the agent asks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from keystoneauth1.access.service_catalog import ServiceCatalog


INTERNAL_FIRST = ("internal", "public")
PUBLIC_FIRST = ("public", "internal")


def endpoint(
    catalogue: ServiceCatalog, kinds: tuple[str, ...], region: str, interfaces: tuple[str, ...] = INTERNAL_FIRST
) -> tuple[str, str]:
    """The URL of the first API of these *kinds* in *region*, and "".  If there is none: "", and why not.

    The URL of the first of the *interfaces* counts.  Without a *region*, the API
    must be in one region only: the list of another region lacks every worker
    of this one.
    """
    if not kinds:
        return "", ""
    found: list[tuple[str, str]] = []
    for kind in kinds:
        for interface in interfaces:
            endpoints = catalogue.get_endpoints_data(service_type=kind, interface=interface, region_name=region or None)
            for several in endpoints.values():
                found += [(str(each.region_name or ""), str(each.url).strip()) for each in several if each.url]
    regions = sorted({name for name, _ in found})
    if len(regions) > 1:
        lacks = f"set os_region_name: the catalogue has API {kinds[0]} in the regions {', '.join(regions)}"
    elif found:
        return found[0][1], ""
    else:
        lacks = f"the catalogue has no API of type {' or '.join(kinds)}" + (f" in region {region}" if region else "")
    return "", lacks
