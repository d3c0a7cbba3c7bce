"""What Homeward is made of besides its own code: licences, a bill of materials, known vulnerabilities.

For those who build it; no part of the program. `python -m supply licences | sbom FILE | audit [--tell]`.
"""
