-- The eighteen tables of SIGETI that the warehouse reads, as its application (Sequelize) makes them:
-- integer keys, enumerations as types named enum_<table>_<column>, JSON for what the forms hold.
-- References between tables are kept by the application, not by the database. What is there stays.
do $$
declare
    kind record;
begin
    for kind in
        select * from (values
            ('enum_zones_industrielles_unite_mesure', array['m2', 'ha']),
            ('enum_zones_industrielles_statut', array['actif', 'inactif', 'en_construction']),
            ('enum_lots_unite_mesure', array['m2', 'ha']),
            ('enum_lots_statut', array['disponible', 'occupé']),
            ('enum_lots_priorite', array['haute', 'normale', 'basse']),
            ('enum_entreprises_forme_juridique', array['SA', 'SARL', 'SAS', 'SARLU', 'EURL']),
            ('enum_demandes_attribution_statut',
                array['EN_COURS', 'VALIDE', 'REJETE', 'DOCUMENTS_REJETES']),
            ('enum_demandes_attribution_type_demande',
                array['ZONE_INDUSTRIELLE', 'HORS_ZONE_INDUSTRIELLE']),
            ('enum_demandes_attribution_priorite', array['haute', 'normale', 'basse']),
            ('enum_collectes_status',
                array['recouvree', 'partiellement_recouvree', 'non_recouvree', 'reportee']),
            ('enum_collectes_statut_cloture', array['ouverte', 'cloturee']),
            ('enum_collecte_agents_role', array['responsable', 'assistant']),
            ('enum_factures_statut',
                array['En attente', 'Payée', 'Échouée', 'Annulée', 'Remboursée']),
            ('enum_factures_processus_origine',
                array['COLLECTE_DROIT', 'ATTRIBUTION_LOT', 'Frais de Lamev']),
            ('enum_paiement_factures_mode_paiement',
                array['chèque', 'Chèque', 'espèces', 'carte']),
            ('enum_paiement_factures_statut', array['Réussi', 'en_attente']),
            ('enum_commissions_type', array['INTERNE', 'INTERMINISTERIELLE']),
            ('enum_commissions_statut', array['PLANIFIEE', 'TENUE']),
            ('enum_decisions_commission_decision', array['VALIDE', 'REJET'])
        ) as wanted (name, labels)
    loop
        if to_regtype('public.' || kind.name) is null then
            execute format(
                'create type public.%I as enum (%s)',
                kind.name,
                (select string_agg(quote_literal(label), ', ') from unnest(kind.labels) as label)
            );
        end if;
    end loop;
end
$$;

create table if not exists public.zones_industrielles (
    id integer primary key,
    code text not null,
    libelle text not null,
    description text,
    location point,
    polygon polygon,
    superficie numeric(15, 2),
    unite_mesure public.enum_zones_industrielles_unite_mesure,
    lots_disponibles integer,
    adresse text,
    statut public.enum_zones_industrielles_statut not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.domaines_activites (
    id integer primary key,
    code text not null,
    libelle text not null,
    description text
);

create table if not exists public.tarifs (
    id integer primary key,
    code text not null,
    libelle text not null,
    montant numeric(15, 2) not null,
    devise text not null
);

create table if not exists public.agents (
    id integer primary key,
    matricule text not null,
    nom text not null,
    prenom text,
    fonction text,
    telephone text,
    email text,
    actif boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.operateurs (
    id integer primary key,
    nom text not null,
    prenom text,
    telephone text,
    email text,
    adresse text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.entreprises (
    id integer primary key,
    raison_sociale text not null,
    telephone text,
    email text,
    registre_commerce text,
    compte_contribuable text,
    forme_juridique public.enum_entreprises_forme_juridique,
    adresse text,
    date_constitution timestamptz,
    domaine_activite_id integer,
    date_creation timestamptz not null,
    date_modification timestamptz not null,
    entreprise_id integer,
    user_id integer
);

create table if not exists public.lots (
    id integer primary key,
    numero text not null,
    ilot text,
    superficie numeric(15, 2),
    unite_mesure public.enum_lots_unite_mesure,
    prix numeric(15, 2),
    statut public.enum_lots_statut not null,
    priorite public.enum_lots_priorite,
    viabilite boolean,
    description text,
    coordonnees jsonb,
    zone_industrielle_id integer,
    zone_id integer,
    entreprise_id integer,
    operateur_id integer,
    date_acquisition timestamptz,
    date_reservation timestamptz,
    delai_option integer, -- days for which a reservation holds
    polygon polygon,
    location point,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.demandes_attribution (
    id integer primary key,
    reference text not null,
    statut public.enum_demandes_attribution_statut not null,
    etape_courante integer not null,
    type_demande public.enum_demandes_attribution_type_demande not null,
    entreprise_id integer,
    lot_id integer,
    zone_id integer,
    informations_terrain jsonb,
    coordonnees_geospatiales jsonb,
    financement jsonb,
    emplois jsonb,
    decisions_commissions jsonb,
    historique_etapes jsonb,
    retours jsonb,
    metadata jsonb,
    priorite public.enum_demandes_attribution_priorite,
    user_id integer,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.demande_attribution_lots (
    id integer primary key,
    demande_attribution_id integer not null,
    lot_id integer not null,
    ordre integer,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.historique_demandes (
    id integer primary key,
    demande_attribution_id integer not null,
    etape_source integer,
    etape_destination integer,
    action text not null,
    statut_avant text,
    statut_apres text,
    commentaire text,
    donnees jsonb,
    date_action timestamptz not null,
    utilisateur_id integer,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.commissions (
    id integer primary key,
    type public.enum_commissions_type not null,
    date_commission timestamptz not null,
    statut public.enum_commissions_statut not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.decisions_commission (
    id integer primary key,
    commission_id integer not null,
    demande_attribution_id integer not null,
    decision public.enum_decisions_commission_decision not null,
    motif text,
    date_decision timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.collectes (
    id integer primary key,
    reference text not null,
    libelle text,
    montant_a_recouvrer numeric(15, 2) not null,
    montant_recouvre numeric(15, 2) not null,
    date_debut timestamptz not null,
    date_fin_prevue timestamptz,
    status public.enum_collectes_status not null,
    statut_cloture public.enum_collectes_statut_cloture not null,
    date_cloture timestamptz,
    cloture_par integer,
    entreprises_selectionnees jsonb,
    factures_generees boolean not null,
    date_generation_factures timestamptz,
    cree_par integer,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.collecte_zones (
    id integer primary key,
    collecte_id integer not null,
    zone_industrielle_id integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.collecte_agents (
    id integer primary key,
    collecte_id integer not null,
    agent_id integer not null,
    role public.enum_collecte_agents_role not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.factures (
    id integer primary key,
    numero_facture text not null,
    date_creation timestamptz not null,
    date_echeance timestamptz,
    date_paiement timestamptz,
    montant_total numeric(15, 2) not null,
    sous_total numeric(15, 2),
    statut public.enum_factures_statut not null,
    entreprise_id integer,
    processus_origine public.enum_factures_processus_origine,
    demande_attribution_id integer,
    collecte_id integer,
    ayant_droit_id integer,
    purge_id integer,
    version integer not null,
    is_deleted boolean not null,
    deleted_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.detail_factures (
    id integer primary key,
    facture_id integer not null,
    description text,
    quantite numeric(15, 2),
    prix_unitaire numeric(15, 2),
    montant numeric(15, 2),
    montant_ligne numeric(15, 2),
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table if not exists public.paiement_factures (
    id integer primary key,
    facture_id integer not null,
    montant numeric(15, 2) not null,
    date_paiement timestamptz,
    mode_paiement public.enum_paiement_factures_mode_paiement,
    statut public.enum_paiement_factures_statut not null,
    reference_paiement text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
