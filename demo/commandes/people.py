"""Invented people: whoever stands in the order system is drawn from these lists.

Nothing else that the demo writes has any of these words: a scan for them finds none by chance.
"""

from __future__ import annotations

from random import Random

TECHNICIANS = (
    *("Gaspard Brunelière", "Maëlys Corvaisier", "Ronan Duplantis", "Ségolène Fauvergue"),
    *("Thibaud Garrivier", "Ysée Hautecloque", "Loïc Javerzac", "Océane Kerambrun"),
)
USERS = (
    *("abrossollet", "bchampvert", "cdelorgue", "descoubas", "efontvieil", "fgrandsaigne"),
    *("hjouvenel", "ilabrousse", "jmontarnal", "kpeyrelade"),
)
# Dealers and builders: a company is personal too when it bears its owner's name.
CUSTOMERS = (
    *("Menuiserie Aubrespin", "Ets Boutonnier-Lacaze", "SARL Chassagnard", "Fermetures Desbordes"),
    *("Escoffre & Fils", "Maison Frayssinhes", "Habitat Gourdoux", "Miroiterie Hébrailles"),
    *("Ouvertures Issartel", "Volets Jonquières", "Pose Lafeuillade", "Rénov' Malaterre"),
)
# Who lives where the order goes.
RESIDENTS = (
    *("M. Népomucène Vayssade", "Mme Philomène Tronchet", "M. et Mme Quercyoise"),
    *("Mme Rosemonde Ussel", "M. Sosthène Wattrelos", "Mlle Zéphyrine Yvrande"),
    *("M. Théodule Oradour", "Mme Ermengarde Pleaux"),
)
EVERYBODY = (*TECHNICIANS, *USERS, *CUSTOMERS, *RESIDENTS)


def customer(draw: Random) -> tuple[str, str]:
    """The number and the name of a customer: the same number always has the same name."""
    place = draw.randrange(len(CUSTOMERS))
    return f"C{40_010 + place * 7}", CUSTOMERS[place]
