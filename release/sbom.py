"""Write the list of parts (SBOM, CycloneDX 1.6) of a release: xueji and every pinned dependency with licence and hashes.

    python -m release.sbom dist/xueji.cdx.json

The same lock file gives the same bytes.
"""

from __future__ import annotations

import sys
import tomllib
import uuid
from pathlib import Path

from release import licences
from release.pins import LOCK, ROOT, pins


def document() -> str:
    """Return the list as JSON."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = {(row.name, row.version): row.licence for row in licences.rows()}
    make = LicenseFactory().make_from_string

    def component(name: str, version: str, kind: ComponentType, licence: str) -> Component:
        url = PackageURL("pypi", name=name, version=version)
        return Component(
            name=name,
            version=version,
            type=kind,
            purl=url,
            bom_ref=str(url),
            licenses=[make(licence)] if licence else [],
        )

    subject = component(project["name"], project["version"], ComponentType.APPLICATION, project["license"])
    parts = []
    for pin in pins():
        part = component(pin.name, pin.version, ComponentType.LIBRARY, stated[pin.name, pin.version])
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in pin.hashes]
        place = XsUri(f"https://pypi.org/project/{pin.name}/{pin.version}/")
        part.external_references.add(
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=place, hashes=hashes)
        )
        if pin.requirement.marker:
            part.properties.add(Property(name="xueji:where", value=str(pin.requirement.marker)))
        parts.append(part)
    number = uuid.uuid5(
        uuid.NAMESPACE_URL, f"{project['name']} {project['version']} {LOCK.read_text(encoding='utf-8')}"
    )
    bom = Bom(components=parts, metadata=BomMetaData(component=subject), serial_number=number)
    # The moment of writing tells nothing of the parts, and would make every list another.
    bom.metadata.timestamp = None  # type: ignore[assignment] - the same lock, the same bytes
    bom.register_dependency(subject, parts)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def main() -> int:
    """Write the list."""
    (target,) = map(Path, sys.argv[1:])
    target.write_text(document(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
